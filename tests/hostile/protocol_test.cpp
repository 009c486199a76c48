// SPDX-License-Identifier: Apache-2.0
//
// What a client may ask a runner besides starting programs: files in and out, signals, at any time; and what it may
// not.
#include <execlet/abi/base.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;
using execlet::runner::FrameType;
using execlet::runner::SignalKind;

namespace {

// A program that says when it has begun and ends when a line comes.
StartSpec waiting(const std::string &after) {
  StartSpec spec = shell("echo begun; read line; " + after);
  spec.has_input = true;
  return spec;
}

void start_and_wait(RunnerDriver &runner, const StartSpec &spec) {
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return outcome.out == "begun\n"; });
}

// Waits for it; nobody needs to have reaped it.
bool has_died(pid_t pid) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return errno == ESRCH;
  pollfd entry = {process, POLLIN, 0};
  const bool died = poll(&entry, 1, 20'000) == 1;
  close(process);
  return died;
}

}  // namespace

TEST_CASE("a file is read back, between runs and during one") {
  RunnerDriver runner;
  CHECK(runner.put_and_wait("dir/a.txt", "hello").reason.empty());
  CHECK(runner.get("dir/a.txt").reason.empty());
  CHECK(runner.so_far().files.at("dir/a.txt") == "hello");

  start_and_wait(runner, waiting("exit 3"));
  CHECK(runner.put_and_wait("b.txt", "during").reason.empty());
  CHECK(runner.get("b.txt").reason.empty());
  CHECK(runner.so_far().files.at("b.txt") == "during");
  CHECK(runner.put_and_wait("empty", "").reason.empty());
  CHECK(runner.get("empty").reason.empty());
  CHECK(runner.so_far().files.at("empty").empty());
  runner.input("\n", true);
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 3);
}

TEST_CASE("a file put during a run is there for the program") {
  RunnerDriver runner;
  start_and_wait(runner, waiting("cat given.txt"));
  runner.put("given.txt", "given");
  runner.input("\n", true);
  CHECK(runner.finish().out == "begun\ngiven");
}

TEST_CASE("input that comes after the program's end earns no credit, which would count for the next run") {
  RunnerDriver runner;
  StartSpec spec = shell("echo begun; exec sleep 60");
  spec.has_input = true;
  start_and_wait(runner, spec);
  // Almost enough for credit, and more than the pipe takes; the answer says that it is there.
  runner.input(std::string(200 << 10, 'i'), false);
  CHECK(runner.get("absent").reason == "files.unreadable");
  // The end and more input are both there when the runner looks again.
  REQUIRE(kill(runner.pid(), SIGSTOP) == 0);
  const pid_t program = children_of(runner.pid()).at(0);
  REQUIRE(kill(program, SIGKILL) == 0);
  REQUIRE(has_died(program));
  runner.input(std::string(100 << 10, 'i'), false);
  REQUIRE(kill(runner.pid(), SIGCONT) == 0);
  CHECK(runner.finish().term_signal == SIGKILL);
  CHECK(runner.reset().reason.empty());
  CHECK(runner.so_far().input_credit == 0);
}

TEST_CASE("a large file is read back during a run that prints much, each within its own credit") {
  RunnerDriver runner;
  const std::string large(3'000'000, 'f');
  CHECK(runner.put_and_wait("large", large).reason.empty());
  start_and_wait(runner, waiting("head -c 3000000 /dev/zero"));
  runner.input("\n", true);
  CHECK(runner.get("large").reason.empty());
  CHECK(runner.so_far().files.at("large") == large);
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.size() == 3'000'006);
}

TEST_CASE("what cannot be read back is refused with its reason, and nothing else is disturbed") {
  RunnerDriver runner;
  REQUIRE(runner.run(shell("mkdir dir; mkfifo pipe; ln -s /etc/passwd link; ln -s / root; echo 12345678 > big")).how ==
          Ending::kExited);
  const bool during_a_run = GENERATE(false, true);
  if (during_a_run) start_and_wait(runner, waiting("exit 4"));
  for (const char *path : {"absent", "dir", "pipe", "link", "root/etc/passwd"}) {
    INFO(path);
    CHECK(runner.get(path).reason == "files.unreadable");
  }
  for (const char *path : {"../x", "/etc/passwd", "a/../../x", "", "./big"}) {
    INFO(path);
    CHECK(runner.get(path).reason == "files.bad-path");
  }
  CHECK(runner.get("big", 4).reason == "files.unreadable");
  CHECK(runner.so_far().files.empty());
  CHECK(runner.get("big", 9).reason.empty());
  if (!during_a_run) return;
  runner.input("\n", true);
  CHECK(runner.finish().exit_code == 4);
}

TEST_CASE("a second file at a time is refused, the first one arrives whole") {
  RunnerDriver runner;
  CHECK(runner.put_and_wait("large", std::string(3'000'000, 'f')).reason.empty());
  runner.withhold_credit();
  std::string bytes;
  execlet::runner::MessageWriter first(bytes, FrameType::kGet, 20);
  first.text(execlet::runner::Tag::kPath, "large");
  REQUIRE(first.finish());
  runner.send(bytes);
  CHECK(runner.get("large", 0, 21).reason == "get.busy");
  const auto have = [&](std::size_t size) {
    runner.read_until([&](const RunOutcome &outcome) {
      return outcome.files.count("large") == 1 && outcome.files.at("large").size() == size;
    });
  };
  for (std::size_t window = 1; window <= 2; ++window) {
    have(window * execlet::runner::kInitialCredit);  // and no byte beyond it comes
    runner.give_credit(20, execlet::runner::kInitialCredit);
  }
  have(3'000'000);
  CHECK(runner.so_far().files.at("large") == std::string(3'000'000, 'f'));
}

TEST_CASE("an interrupt reaches the program's group and ends nothing by itself") {
  RunnerDriver runner;
  start_and_wait(runner, shell("trap 'echo interrupted; exit 7' INT; echo begun; while :; do sleep 0.01; done"));
  runner.signal(SignalKind::kInterrupt);
  RunOutcome outcome = runner.finish();
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 7);
  CHECK(outcome.out == "begun\ninterrupted\n");
  // Signals that come too early or too late are nobody's.
  for (const SignalKind kind : {SignalKind::kInterrupt, SignalKind::kTerminate, SignalKind::kKill}) runner.signal(kind);
  CHECK(runner.run(shell("echo next")).out == "next\n");
  start_and_wait(runner, shell("echo begun; exec sleep 20"));
  runner.signal(static_cast<SignalKind>(77));
  runner.signal(SignalKind::kKill);
  outcome = runner.finish();
  CHECK(outcome.how == Ending::kCancelled);
  CHECK(outcome.term_signal == 9);
}

TEST_CASE("what a runner does not know or cannot do now is refused in a frame, and it goes on") {
  RunnerDriver runner;
  for (const FrameType type : {FrameType::kConnect, FrameType::kHello, static_cast<FrameType>(200)}) {
    const RunnerFailure failure = runner.ask(type);
    CHECK(failure.reason == "protocol.unknown-frame");
    CHECK(failure.code == EXECLET_ABI_INVALID_ARGUMENT);
  }
  start_and_wait(runner, waiting("exit 5"));
  CHECK(runner.ask(FrameType::kConnect).reason == "protocol.unknown-frame");
  CHECK(runner.reset().reason == "reset.busy");
  runner.input("\n", true);
  CHECK(runner.finish().exit_code == 5);
  CHECK(runner.reset().reason.empty());
}

TEST_CASE("a second start during a run is refused and the first one goes on") {
  RunnerDriver runner;
  start_and_wait(runner, waiting("exit 6"));
  std::string bytes;
  execlet::runner::MessageWriter second(bytes, FrameType::kStart);
  second.text(execlet::runner::Tag::kArgument, "true");
  REQUIRE(second.finish());
  runner.send(bytes);
  CHECK(runner.finish().failure.reason == "start.busy");  // to whoever sent it
  runner.input("\n", true);
  CHECK(runner.resume().exit_code == 6);
}

TEST_CASE("a file cannot be read on a stream that is the program's") {
  RunnerDriver runner;
  std::string bytes;
  execlet::runner::MessageWriter message(bytes, FrameType::kGet, execlet::runner::kStdoutStream);
  message.text(execlet::runner::Tag::kPath, "x");
  REQUIRE(message.finish());
  runner.send(bytes);
  CHECK(runner.finish().failure.reason == "protocol.bad-stream");
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

// SPDX-License-Identifier: Apache-2.0
//
// Output: whole, in order, in bounded memory, and never mistaken for frames.
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include <execlet/abi/base.h>

#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kFlat = 64 << 20;  // freed memory is kept in quarantine
#else
constexpr std::uint64_t kFlat = 8 << 20;
#endif

// Waits until nothing runs below the runner any more, without reading what it sends.
void wait_for_end(const RunnerDriver &runner) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto until = [&](bool alive) {
    while ((runner.survivors() != 0) != alive && std::chrono::steady_clock::now() < limit) poll(nullptr, 0, 1);
  };
  until(true);
  until(false);
}

// That the process itself has used.
double cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  REQUIRE(std::getline(file, line));
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Makes room in the runner's socket for all that it has to send.
void make_room(pid_t runner) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, runner, 0));
  REQUIRE(process >= 0);
  const int socket = static_cast<int>(syscall(SYS_pidfd_getfd, process, 0, 0));
  REQUIRE(socket >= 0);
  const int bytes = 16 << 20;
  CHECK(setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) == 0);
  close(socket);
  close(process);
}

}  // namespace

TEST_CASE("a megabyte on both streams at once arrives whole") {
  RunnerDriver runner;
  const RunOutcome outcome =
      runner.run(shell("head -c 1048576 /dev/zero | tr '\\0' o & head -c 1048576 /dev/zero | tr '\\0' e >&2; wait"));
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == std::string(1048576, 'o'));
  CHECK(outcome.err == std::string(1048576, 'e'));
}

TEST_CASE("bytes of any kind arrive unchanged, and output that imitates frames is only output") {
  RunnerDriver runner;
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string forged;
  {
    execlet::runner::MessageWriter message(forged, execlet::runner::FrameType::kExited);
    message.number(execlet::runner::Tag::kExitCode, 0);
    REQUIRE(message.finish());
  }
  const std::string content = all + "\xff\xfe\xed\xa0\x80" + forged + forged + all;
  runner.put("bytes", content);
  const RunOutcome outcome = runner.run(shell("cat bytes; cat bytes >&2; exit 7"));
  CHECK(outcome.exit_code == 7);
  CHECK(outcome.out == content);
  CHECK(outcome.err == content);
}

TEST_CASE("tiny writes keep their order") {
  RunnerDriver runner;
  const RunOutcome outcome = runner.run(shell("i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done"));
  std::string expected;
  for (int i = 0; i < 2000; ++i) expected += std::to_string(i) + "\n";
  CHECK(outcome.out == expected);
}

TEST_CASE("a client that withholds credit stops the program, not the runner, in flat memory") {
  RunnerDriver runner;
  runner.withhold_credit();
  StartSpec spec = shell("yes & yes >&2");
  spec.timeout_ms = 1500;
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) {
    return outcome.out.size() >= execlet::runner::kInitialCredit &&
           outcome.err.size() >= execlet::runner::kInitialCredit;
  });
  const std::uint64_t resident = runner.resident_bytes();
  CHECK(resident < kFlat);
  // The deadline comes all the same, and no byte beyond the window.
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.how == Ending::kTimedOut);
  CHECK(outcome.out.size() == execlet::runner::kInitialCredit);
  CHECK(outcome.err.size() == execlet::runner::kInitialCredit);
  CHECK(outcome.notices.count("output.dropped") == 1);
  CHECK(runner.survivors() == 0);
}

TEST_CASE("a slow reader still gets all output of a program that has ended") {
  RunnerDriver runner;
  runner.withhold_credit();
  // What does not fit into the window stays in the pipe until there is credit again, long after the program's end.
  const std::size_t size = execlet::runner::kInitialCredit + 50'000;
  StartSpec spec = shell("head -c " + std::to_string(size) + " /dev/zero");
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return outcome.out.size() >= execlet::runner::kInitialCredit; });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (runner.survivors() != 0 && std::chrono::steady_clock::now() < deadline) poll(nullptr, 0, 1);
  REQUIRE(runner.survivors() == 0);
  runner.give_credit(execlet::runner::kStdoutStream, execlet::runner::kInitialCredit);
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.size() == size);
}

TEST_CASE("a flood is relayed in flat memory until the deadline") {
  RunnerDriver runner;
  StartSpec spec = shell("head -c 300000000 /dev/zero");
  spec.timeout_ms = 55000;  // the machine may be busy
  runner.start(spec);
  std::uint64_t peak = 0;
  std::size_t seen = 0;
  runner.read_until([&](const RunOutcome &outcome) {
    if (outcome.out.size() - seen > 30'000'000) {
      seen = outcome.out.size();
      peak = std::max(peak, runner.resident_bytes());
    }
    return false;
  });
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.out.size() == 300'000'000);
  CHECK(peak < kFlat);
}

TEST_CASE("output beyond what is wanted is counted to the byte, not sent, and needs neither credit nor memory") {
  RunnerDriver runner;
  runner.withhold_credit();
  std::string beginning;
  for (int i = 0; i < 200; ++i) beginning += std::to_string(i) + "\n";
  StartSpec spec = shell(
      "i=0; while [ $i -lt 200 ]; do echo $i; echo $i >&2; i=$((i+1)); done;"
      "head -c 300000000 /dev/zero & head -c 12345 /dev/zero >&2; wait");
  spec.output_wanted = 100;
  runner.start(spec);
  std::uint64_t peak = 0;
  runner.read_until([&](const RunOutcome &) {
    peak = std::max(peak, runner.resident_bytes());
    return false;
  });
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == beginning.substr(0, 100));
  CHECK(outcome.err == beginning.substr(0, 100));
  CHECK(outcome.skipped_out == beginning.size() - 100 + 300'000'000);
  CHECK(outcome.skipped_err == beginning.size() - 100 + 12345);
  CHECK(peak < kFlat);
  // It is a matter of one run.
  CHECK(runner.run(shell("echo 0123456789; echo 0123456789")).out == "0123456789\n0123456789\n");
}

TEST_CASE("an output limit counts what is skipped") {
  RunnerDriver runner;
  StartSpec spec = shell("exec head -c 30000000 /dev/zero");
  spec.output_wanted = 1000;
  spec.limits[EXECLET_ABI_LIMIT_OUTPUT] = 20'000'000;
  const RunOutcome over = runner.run(spec);
  CHECK(over.how == Ending::kLimit);
  CHECK(over.out.size() == 1000);
  CHECK(over.out.size() + over.skipped_out == 20'000'000);
  spec.limits[EXECLET_ABI_LIMIT_OUTPUT] = 30'000'000;
  const RunOutcome within = runner.run(spec);
  CHECK(within.how == Ending::kExited);
  CHECK(within.out.size() + within.skipped_out == 30'000'000);
}

TEST_CASE("a runner whose program has written exactly what it may sleeps as that does") {
  RunnerDriver runner;
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os, time\n"
                    "for _ in range(64): os.write(1, b'x' * 65536)\n"
                    "time.sleep(1)\n"};
  spec.output_wanted = GENERATE(0, 100'000);
  spec.limits[EXECLET_ABI_LIMIT_OUTPUT] = 64 * 65536;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.out.size() + outcome.skipped_out == 64 * 65536);
  CHECK(cpu_seconds(runner.pid()) < 0.5);
}

TEST_CASE("a flood that nobody wants ends at the deadline and on a kill, and the input goes on beside it") {
  RunnerDriver runner;
  StartSpec spec = shell("yes & yes >&2 & read line; echo \"$line\" > seen; wait");
  spec.output_wanted = 1;
  spec.timeout_ms = 1500;
  spec.has_input = true;
  spec.collect = {"seen"};
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return outcome.skipped_out > 0 && outcome.skipped_err > 0; });
  runner.input("hello\n", false);
  const RunOutcome late = runner.finish();
  CHECK(late.how == Ending::kTimedOut);
  CHECK(late.files.at("seen") == "hello\n");
  CHECK(runner.survivors() == 0);
  spec.timeout_ms = 60000;
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return outcome.skipped_out > 0; });
  runner.signal(execlet::runner::SignalKind::kKill);
  CHECK(runner.finish().how == Ending::kCancelled);
  CHECK(runner.survivors() == 0);
}

TEST_CASE("output that waited for its reader and then left at once ends with its run") {
  // How much fits into the socket is the kernel's business: some of these sizes fill the runner's own store to where it
  // takes no more, with nothing left in the program's pipe.
  for (int size = 380'000; size < 660'000; size += 10'000) {
    RunnerDriver runner;
    runner.withhold_credit();  // which would wake the runner once more
    StartSpec spec = shell("sleep 0.02; head -c " + std::to_string(size) + " /dev/zero");
    spec.timeout_ms = 60'000;
    const auto begin = std::chrono::steady_clock::now();
    runner.start(spec);
    wait_for_end(runner);
    make_room(runner.pid());
    const RunOutcome outcome = runner.finish();
    INFO("of " << size << " bytes");
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out.size() == static_cast<std::size_t>(size));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// Programs that turn on the runner, which is PID 1 of their namespace and has their uid: whatever they reach is their
// own run, and the client hears of it at once.
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

StartSpec python(const std::string &code) {
  StartSpec spec;
  spec.arguments = {"/usr/bin/python3", "-S", "-c", code};
  spec.timeout_ms = 5000;
  return spec;
}

RunnerOptions as_user(bool unprivileged) {
  RunnerOptions options;
  options.unprivileged = unprivileged;
  return options;
}

// Dead, whether or not somebody took note of it.
bool has_ended(pid_t pid) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string line;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    if (!std::getline(stat, line) || line.find(") Z") != std::string::npos) return true;
    poll(nullptr, 0, 10);
  }
  return false;
}

const char *const kLibc =
    "import ctypes, os, resource\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "def call(f, *a):\n"
    "  r = f(*a)\n"
    "  return 'done' if r >= 0 else os.strerror(ctypes.get_errno())\n";

// A system may not allow it, even to root.
bool may_raise_priority() {
  const pid_t child = fork();
  if (child == 0) _exit(setpriority(PRIO_PROCESS, 0, -1) == 0 ? 0 : 1);
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

TEST_CASE("a program cannot trace the runner, read or write its memory, or take its descriptors") {
  RunnerDriver runner(as_user(GENERATE(false, true)));
  REQUIRE(runner.ready());
  const RunOutcome outcome =
      runner.run(python(std::string(kLibc) + "print(call(libc.ptrace, 16, 1, 0, 0))\n"      // ATTACH
                                             "print(call(libc.ptrace, 0x4206, 1, 0, 0))\n"  // SEIZE
                                             "pidfd = os.pidfd_open(1)\n"
                                             "print(call(libc.syscall, 438, pidfd, 0, 0))\n"  // pidfd_getfd
                                             "buf = ctypes.create_string_buffer(16)\n"
                                             "iov = (ctypes.c_ulong * 2)(ctypes.addressof(buf), 16)\n"
                                             "there = (ctypes.c_ulong * 2)(0x400000, 16)\n"
                                             "print(call(libc.process_vm_readv, 1, iov, 1, there, 1, 0))\n"
                                             "for name in 'mem', 'fd/0', 'exe':\n"
                                             "  try: open('/proc/1/' + name, 'r+b').read(1); print('opened', name)\n"
                                             "  except OSError as e: print(e.strerror)\n"));
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("done") == std::string::npos);
  CHECK(outcome.out.find("opened") == std::string::npos);
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

TEST_CASE("a program of a user that kills the runner by its limits ends its own run at once") {
  RunnerDriver other;
  StartSpec waiting = shell("echo begun; read line; exit 5");
  waiting.has_input = true;
  other.start(waiting);
  other.read_until([](const RunOutcome &outcome) { return !outcome.out.empty(); });
  {
    RunnerDriver runner(as_user(true));
    // The kernel kills PID 1 at the next moment that it uses the processor for, and with it everything.
    const RunOutcome outcome =
        runner.run(python("import resource\n"
                          "print('begun', flush=True)\n"
                          "resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))\n"
                          "while True: print('x' * 1000)\n"));
    CHECK(outcome.started);
    CHECK(outcome.out.substr(0, 6) == "begun\n");
    if (!outcome.lost) CHECK(outcome.how == Ending::kTimedOut);  // a kernel that spares it
    if (outcome.lost) runner.kill_runner();
  }
  other.input("\n", true);
  CHECK(other.finish().exit_code == 5);
}

TEST_CASE("what a program takes from the runner is back after a reset, or the reset says that it is not") {
  const bool unprivileged = GENERATE(false, true);
  RunnerDriver runner(as_user(unprivileged));
  REQUIRE(runner.ready());
  const char *const attack = GENERATE(
      "resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))", "resource.prlimit(1, resource.RLIMIT_FSIZE, (0, 0))",
      "resource.prlimit(1, resource.RLIMIT_AS, (0, 0))", "resource.prlimit(1, resource.RLIMIT_NPROC, (1, 1))",
      "resource.prlimit(1, resource.RLIMIT_STACK, (4096, 4096))", "os.setpriority(os.PRIO_PROCESS, 1, 19)",
      "os.sched_setaffinity(1, {0})", "os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))",
      "import ctypes; ctypes.CDLL(None).syscall(251, 1, 1, 3 << 13)");  // ioprio_set: idle
  const RunOutcome outcome =
      runner.run(python(std::string("import os, resource\n") + attack + "\nprint('x' * 100000, flush=True)\n"));
  CAPTURE(unprivileged, attack, outcome.err, outcome.failure.message);
  CHECK(outcome.started);
  if (outcome.lost) {  // it could not go on, so it ended, and with it all of the run
    CHECK(has_ended(runner.pid()));
    runner.kill_runner();
    return;
  }
  const RunnerFailure reset = runner.reset();
  CAPTURE(reset.message);
  if (!reset.reason.empty()) {  // raising a limit again takes a right that root does not have everywhere
    CHECK(reset.reason == "runner.changed");
    return;
  }
  StartSpec staged;
  staged.arguments = {"sh", "{snippet}"};
  staged.snippet_name = "main.sh";
  staged.snippet =
      "nice; ionice; cut -d' ' -f41 /proc/self/stat; ulimit -n; ulimit -f; nproc; head -c 100000 /dev/zero | tail | wc "
      "-c";
  RunnerDriver fresh(as_user(unprivileged));
  CHECK(runner.run(staged).out == fresh.run(staged).out);
}

TEST_CASE("the runner goes before a run that lasts, its programs do not, and afterwards it does not either") {
  RunnerDriver runner;
  const int nice = getpriority(PRIO_PROCESS, 0);
  const auto runners_nice = [&] { return getpriority(PRIO_PROCESS, static_cast<id_t>(runner.pid())); };
  const auto policy = [&] { return sched_getscheduler(runner.pid()) & ~SCHED_RESET_ON_FORK; };
  StartSpec spec = shell("sleep 0.2; echo begun; nice; cut -d' ' -f41 /proc/self/stat; read line");
  spec.has_input = true;
  CHECK(policy() == SCHED_OTHER);
  runner.start(spec);
  runner.read_until(
      [](const RunOutcome &outcome) { return std::count(outcome.out.begin(), outcome.out.end(), '\n') == 3; });
  CHECK(runner.so_far().out == "begun\n" + std::to_string(nice) + "\n0\n");
  const bool raised = policy() == SCHED_RR || runners_nice() < nice;
  CHECK(raised == (nice == 0 && may_raise_priority()));  // one of a nice host stays nice
  runner.input("\n", true);
  CHECK(runner.finish().exit_code == 0);
  CHECK(policy() == SCHED_OTHER);
  CHECK(runners_nice() == nice);
}

TEST_CASE("signals in a storm do not hold the runner") {
  RunnerDriver runner(as_user(GENERATE(false, true)));
  REQUIRE(runner.ready());
  const RunOutcome outcome =
      runner.run(python("import os, signal, time\n"
                        "end = time.monotonic() + 0.5\n"
                        "while time.monotonic() < end:\n"
                        "  for s in range(1, 65):\n"
                        "    try: os.kill(1, s)\n"
                        "    except OSError: pass\n"
                        "print('sent')\n"));
  CHECK(outcome.out == "sent\n");
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

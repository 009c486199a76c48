// SPDX-License-Identifier: Apache-2.0
//
// Process trees that try to get away.
#include <execlet/abi/base.h>
#include <unistd.h>

#include "catch.h"
#include "rungs.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// Every process forks for ever; with `setsid` each in a session of its own.
StartSpec fork_bomb(bool setsid) {
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os,time\n"
                    "print('begun', flush=True)\n"
                    "while True:\n"
                    "  try:\n"
                    "    if os.fork() == 0:\n"
                    "      " +
                        std::string(setsid ? "os.setsid()" : "pass") +
                        "\n"
                        "  except OSError: time.sleep(0)\n"};
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 64;
  spec.timeout_ms = 700;
  return spec;
}

}  // namespace

TEST_CASE("a fork bomb under a pids limit is gone after its deadline") {
  const Rung rung = GENERATE(from_range(kRungs));
  const bool setsid = GENERATE(false, true);
  INFO(rung.name << (setsid ? " with setsid" : ""));
  RunnerDriver runner(rung.options());
  const RunOutcome outcome = runner.run(fork_bomb(setsid));
  if (runner.abilities().count(EXECLET_ABI_LIMIT_PIDS) == 0) {
    CHECK(outcome.failure.reason == "limits.not-enforceable");
    return;
  }
  CHECK(outcome.started);
  CHECK(outcome.how == Ending::kTimedOut);
  CHECK((outcome.limits_hit & 1u << EXECLET_ABI_LIMIT_PIDS) != 0);
  CHECK(outcome.out.substr(0, 6) == "begun\n");
  CHECK(outcome.wall_ns < 20 * kSecond);
  CHECK(runner.survivors() == 0);
  CHECK(runner.run(shell("echo next")).out == "next\n");
  CHECK(runner.close());
  CHECK(runner.groups() == 0);
}

TEST_CASE("comets that fork and exit are caught") {
  // Their number is bounded by themselves, so that a limit of processes need not be there.
  const Rung rung = GENERATE(filter([](const Rung &each) { return each.airtight; }, from_range(kRungs)));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os\n"
                    "for i in range(20):\n"
                    "  try: comet = os.fork() == 0\n"
                    "  except OSError: continue  # the others are up to the limit\n"
                    "  if comet:\n"
                    "    os.setsid()\n"
                    "    while True:\n"
                    "      if os.fork() != 0: os._exit(0)\n"};
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 64;
  spec.best_effort = true;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.exit_code == 0);
  CHECK(runner.survivors() == 0);
}

TEST_CASE("kill -9 -1 hits only its own run") {
  RunnerDriver other;
  other.start(shell("echo begun; read line; exit 5"));
  StartSpec waiting = shell("echo begun; read line; exit 5");
  (void)other.finish();
  waiting.has_input = true;
  other.start(waiting);
  other.read_until([](const RunOutcome &outcome) { return !outcome.out.empty(); });
  RunnerDriver runner;
  const RunOutcome outcome = runner.run(shell("echo begun; kill -9 -1; kill -9 1; kill -9 $$"));
  CHECK(outcome.how == Ending::kSignaled);
  CHECK(outcome.term_signal == 9);
  CHECK(runner.run(shell("echo next")).out == "next\n");
  other.input("\n", true);
  CHECK(other.finish().exit_code == 5);
}

TEST_CASE("signals of a program do not end the runner that is its init") {
  RunnerDriver runner;
  CHECK(runner.run(shell("for s in TERM INT HUP STOP USR1 CHLD; do kill -$s 1; done; echo sent")).out == "sent\n");
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

TEST_CASE("background children end with the main program and do not hold the result") {
  const Rung rung = GENERATE(from_range(kRungs));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  SECTION("one that holds stdout") {
    const RunOutcome outcome = runner.run(shell("sleep 60 & echo done"));
    CHECK(outcome.how == Ending::kExited);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out == "done\n");
    CHECK(outcome.wall_ns < 10 * kSecond);
  }
  SECTION("one that keeps writing") {
    CHECK(runner.run(shell("yes & exit 4")).exit_code == 4);
  }
  SECTION("a daemon") {
    CHECK(runner.run(shell("(setsid sh -c 'trap \"\" TERM HUP; exec >&- 2>&-; sleep 60' &); exit 6")).exit_code == 6);
  }
  CHECK(runner.survivors() == 0);
}

TEST_CASE("a child that was made by vfork and never calls exec ends with its run") {
  RunnerDriver runner(GENERATE(from_range(kRungs)).options());
  REQUIRE(runner.ready());
  StartSpec spec;
  // The parent hangs in the kernel until its child calls exec or ends, and takes no signal before.
  spec.arguments = {"python3", "-S", "-c",
                    "import ctypes\n"
                    "libc = ctypes.CDLL(None)\n"
                    "stack = ctypes.create_string_buffer(1 << 16)\n"
                    "print('begun', flush=True)\n"
                    "libc.clone(libc.pause, ctypes.byref(stack, 60000), 0x4100 | 17, None)\n"
                    "print('came back')\n"};
  spec.timeout_ms = 1000;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "begun\n");
  CHECK(outcome.how == Ending::kTimedOut);
  CHECK(runner.survivors() == 0);
}

TEST_CASE("zombies are reaped as they come") {
  RunnerDriver runner;
  // Orphans of a program that lives on: each becomes a child of the runner, which must not let them pile up.
  const RunOutcome outcome =
      runner.run(shell("for i in $(seq 300); do (true &); done; sleep 0.3;"
                       "ps -e -o stat= | grep -c '^Z'"));
  CHECK(std::stoi(outcome.out) <= 2);
}

TEST_CASE("a program that closes its output goes on") {
  RunnerDriver runner;
  const RunOutcome outcome = runner.run(shell("exec >&- 2>&-; sleep 0.3; exit 9"));
  CHECK(outcome.exit_code == 9);
  CHECK(outcome.wall_ns > 250'000'000);
}

TEST_CASE("programs cannot reach the supervisor of another user's namespace rights") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  CHECK(runner.mode() == Containment::kNamespace);
  const RunOutcome outcome =
      runner.run(shell("grep -E '^Cap(Prm|Eff|Inh|Bnd|Amb)' /proc/self/status; id -u;"
                       "mount -t tmpfs none /mnt 2>/dev/null && echo mounted;"
                       "cat /proc/1/environ 2>&1; ls -l /proc/1/fd 2>/dev/null"));
  CHECK(outcome.out.find("CapEff:\t0000000000000000") != std::string::npos);
  CHECK(outcome.out.find("CapPrm:\t0000000000000000") != std::string::npos);
  CHECK(outcome.out.find("CapBnd:\t0000000000000000") != std::string::npos);
  CHECK(outcome.out.find("CapAmb:\t0000000000000000") != std::string::npos);
  CHECK(outcome.out.find("65534") != std::string::npos);
  CHECK(outcome.out.find("mounted") == std::string::npos);
  CHECK(outcome.out.find("socket") == std::string::npos);
}

TEST_CASE("an unprivileged runner contains and cleans up as well") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  StartSpec spec = shell("(setsid sh -c 'trap \"\" TERM; sleep 60' &); trap '' TERM; echo begun; sleep 60; sleep 60");
  spec.timeout_ms = 300;
  CHECK(runner.run(spec).how == Ending::kTimedOut);
  CHECK(runner.survivors() == 0);
  CHECK(runner.run(shell("kill -9 -1; kill -9 $$")).term_signal == 9);
  CHECK(runner.reset().reason.empty());
  CHECK(runner.run(shell("ps -e | wc -l")).out == "5\n");  // header, runner, sh, ps, wc
  CHECK(runner.close());
  CHECK(access(runner.private_path().c_str(), F_OK) != 0);
}

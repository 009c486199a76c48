// SPDX-License-Identifier: Apache-2.0
//
// Deadlines and cancellation of programs that resist. In each containment mode: prompt, partial output kept, nothing
// left alive.
#include <csignal>

#include <execlet/abi/base.h>

#include "catch.h"
#include "rungs.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;
using execlet::runner::SignalKind;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

void check_stopped(RunnerDriver &runner, StartSpec spec) {
  spec.timeout_ms = 300;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kTimedOut);
  CHECK(outcome.out.substr(0, 6) == "begun\n");
  CHECK(outcome.wall_ns >= 300'000'000);
  CHECK(outcome.wall_ns < 10 * kSecond);
  CHECK(runner.survivors() == 0);
}

}  // namespace

TEST_CASE("a deadline ends programs that resist, in every containment mode") {
  const Rung rung = GENERATE(from_range(kRungs));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  REQUIRE(runner.ready());
  REQUIRE(runner.mode() == rung.containment);

  SECTION("one that just sleeps") {
    check_stopped(runner, shell("echo begun; sleep 60"));
  }
  SECTION("one that ignores SIGTERM") {
    check_stopped(runner, shell("trap '' TERM INT HUP; echo begun; while :; do sleep 0.05; done"));
  }
  SECTION("one that traps SIGTERM and prints for ever") {
    check_stopped(runner, shell("trap 'echo trapped' TERM; echo begun; while :; do echo x; done"));
  }
  SECTION("one that stops itself") {
    check_stopped(runner, shell("echo begun; kill -STOP $$; sleep 60"));
  }
  SECTION("one that stopped a child that ignores SIGTERM") {
    check_stopped(runner, shell("sh -c 'trap \"\" TERM; kill -STOP $$' & echo begun; wait; sleep 60"));
  }
  SECTION("one with double-forked daemons in sessions of their own") {
    check_stopped(runner, shell("for i in 1 2 3; do (setsid sh -c 'trap \"\" TERM; sleep 60 & sleep 60' &) ; done;"
                                "echo begun; sleep 60"));
  }
  SECTION("one whose children shed environment and session") {
    check_stopped(runner, shell("setsid env -i sh -c 'setsid sleep 60 & exec sleep 60' & echo begun; sleep 60"));
  }
  CHECK(runner.run(shell("echo next")).out == "next\n");
  CHECK(runner.close());
  CHECK(runner.groups() == 0);
}

TEST_CASE("SIGTERM comes first, and a program that obeys it is still timed out") {
  RunnerDriver runner;
  StartSpec spec = shell("trap 'echo bye; exit 0' TERM; echo begun; while :; do sleep 0.01; done");
  spec.timeout_ms = 300;
  spec.grace_ms = 20000;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kTimedOut);
  CHECK(outcome.out == "begun\nbye\n");
  CHECK(outcome.wall_ns < 15 * kSecond);
}

TEST_CASE("a program that ends at its deadline has one ending, and the rest of the result agrees") {
  RunnerDriver runner(GENERATE(from_range(kRungs)).options());
  REQUIRE(runner.ready());
  for (std::uint64_t timeout_ms = 30; timeout_ms < 50; ++timeout_ms) {
    StartSpec spec = shell("sleep 0.04; echo done; exit 3");
    spec.timeout_ms = timeout_ms;
    spec.grace_ms = 0;
    const RunOutcome outcome = runner.run(spec);
    INFO("timeout " << timeout_ms << " ms, output " << outcome.out);
    if (outcome.how == Ending::kTimedOut) {
      CHECK(outcome.wall_ns >= timeout_ms * 1'000'000);
    } else {
      CHECK(outcome.how == Ending::kExited);
      CHECK(outcome.exit_code == 3);
      CHECK(outcome.out == "done\n");
    }
    CHECK(runner.survivors() == 0);
  }
}

TEST_CASE("no grace means SIGKILL at once") {
  RunnerDriver runner;
  StartSpec spec = shell("trap 'echo bye; exit 0' TERM; echo begun; while :; do sleep 0.01; done");
  spec.timeout_ms = 300;
  spec.grace_ms = 0;
  CHECK(runner.run(spec).out == "begun\n");
}

TEST_CASE("cancelling works at every strength and more than once") {
  RunnerDriver runner;
  const StartSpec spec = shell("trap 'echo term' TERM; trap 'echo int' INT; echo begun; while :; do sleep 0.01; done");
  const auto begun = [](const RunOutcome &outcome) { return !outcome.out.empty(); };
  SECTION("kill") {
    runner.start(spec);
    runner.read_until(begun);
    runner.signal(SignalKind::kKill);
    runner.signal(SignalKind::kKill);
    const RunOutcome outcome = runner.finish();
    CHECK(outcome.how == Ending::kCancelled);
    CHECK(outcome.out == "begun\n");
  }
  SECTION("terminate, then the grace") {
    runner.start(spec);
    runner.read_until(begun);
    runner.signal(SignalKind::kTerminate);
    runner.signal(SignalKind::kTerminate);
    const RunOutcome outcome = runner.finish();
    CHECK(outcome.how == Ending::kCancelled);
    CHECK(outcome.out.find("term") != std::string::npos);
  }
  SECTION("an interrupt alone decides nothing") {
    runner.start(spec);
    runner.read_until(begun);
    runner.signal(SignalKind::kInterrupt);
    runner.read_until([](const RunOutcome &outcome) { return outcome.out.find("int") != std::string::npos; });
    runner.signal(SignalKind::kKill);
    CHECK(runner.finish().how == Ending::kCancelled);
  }
  // After the end a signal is nobody's.
  runner.signal(SignalKind::kKill);
  CHECK(runner.run(shell("echo next")).out == "next\n");
}

TEST_CASE("root that leaves its control group does not leave its run") {
  RunnerOptions options;
  options.containment = Containment::kCgroup;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  const std::string leave =
      "for root in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/freezer; do"
      "  [ -w $root/cgroup.procs ] && echo 0 > $root/cgroup.procs; done; grep -c execlet- /proc/self/cgroup;";
  StartSpec spec = shell(leave + " trap '' TERM; sleep 60");
  spec.timeout_ms = 300;
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "0\n");
  CHECK(outcome.how == Ending::kTimedOut);
  CHECK(outcome.notices.empty());
  CHECK(runner.survivors() == 0);
  spec = shell("(setsid sh -c '" + leave + " exec sleep 60' > left &) ; while [ ! -s left ]; do :; done; cat left");
  outcome = runner.run(spec);
  CHECK(outcome.out == "0\n");
  CHECK(outcome.how == Ending::kExited);
  CHECK(runner.survivors() == 0);
  CHECK(runner.close());
  CHECK(runner.groups() == 0);
}

TEST_CASE("a client that takes no artifacts can end the run") {
  RunnerDriver runner;
  StartSpec spec = shell("head -c 3000000 /dev/zero > large; head -c 10 /dev/zero > small; echo made");
  spec.collect = {"*"};
  spec.collect_max_file = 10'000'000;
  runner.withhold_credit();
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return !outcome.files.empty(); });
  runner.signal(GENERATE(SignalKind::kTerminate, SignalKind::kKill));
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.out == "made\n");
  CHECK(outcome.files.size() == 1);
  CHECK(outcome.files.at("large").size() < 3'000'000);
  CHECK(outcome.notices.count("artifacts.dropped") == 1);
}

TEST_CASE("the cpu time of a whole tree is limited") {
  const Containment mode = GENERATE(Containment::kNamespace, Containment::kSubreaper);
  RunnerOptions options;
  options.containment = mode;
  RunnerDriver runner(options);
  StartSpec spec = shell("while :; do :; done & while :; do :; done & wait");
  spec.limits[EXECLET_ABI_LIMIT_CPU_TIME] = 400'000'000;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_CPU_TIME);
  CHECK(outcome.cpu_user_ns + outcome.cpu_system_ns >= 350'000'000);
  CHECK(outcome.cpu_user_ns + outcome.cpu_system_ns < 1'500'000'000);
  CHECK(runner.survivors() == 0);
}

TEST_CASE("the cpu time of children that nobody waits for counts in a control group") {
  RunnerDriver runner;
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os, signal, time\n"
                    "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
                    "while True:\n"
                    "  if os.fork() == 0:\n"
                    "    while time.process_time() < 0.02: pass\n"
                    "    os._exit(0)\n"
                    "  try: os.wait()\n"
                    "  except OSError: pass\n"};
  spec.limits[EXECLET_ABI_LIMIT_CPU_TIME] = 400'000'000;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_CPU_TIME);
  CHECK(outcome.cpu_user_ns + outcome.cpu_system_ns >= 400'000'000);
}

TEST_CASE("cpu time is limited by sampling where no control group can be had") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  // Children that end and are waited for count too.
  StartSpec spec = shell("while :; do sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done");
  spec.limits[EXECLET_ABI_LIMIT_CPU_TIME] = 400'000'000;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_CPU_TIME).find("sampled") == 0);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_CPU_TIME);
}

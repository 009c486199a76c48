// SPDX-License-Identifier: Apache-2.0
//
// Where a runner may find itself: each way to hold a run together is there, is the one that is told, and `how` tells
// the truth about the limits.
#include <execlet/abi/base.h>

#include "catch.h"
#include "rungs.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

// Leaves a daemon behind and tells what a program sees of itself.
StartSpec daemon_and_go(int exit_code) {
  return shell("(setsid sh -c 'trap \"\" TERM HUP; exec >&- 2>&-; sleep 60' &); ps -e -o pid= | wc -l; exit " +
               std::to_string(exit_code));
}

}  // namespace

TEST_CASE("each way of killing a tree is used where the better ones are missing, and says so") {
  const Rung rung = GENERATE(from_range(kRungs));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  REQUIRE(runner.ready());
  CHECK(runner.mode() == rung.containment);
  StartSpec spec = daemon_and_go(6);
  spec.limits[EXECLET_ABI_LIMIT_WALL_TIME] = 1;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.exit_code == 6);
  CHECK(runner.survivors() == 0);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_WALL_TIME) ==
        "clock of the runner, tree killed by " + std::string(rung.killed_by));
  CHECK(runner.abilities().at(EXECLET_ABI_LIMIT_WALL_TIME) == outcome.how_limited.at(EXECLET_ABI_LIMIT_WALL_TIME));
}

TEST_CASE("a control group as containment is refused where there is none") {
  RunnerOptions options;
  options.containment = Containment::kCgroup;
  options.groups = GroupsInSight::kNone;
  RunnerDriver runner(options);
  CHECK_FALSE(runner.ready());
  CHECK(runner.setup_failure().reason == "containment.unavailable");
  CHECK(runner.setup_failure().message.find("cgroup.kill") != std::string::npos);
}

TEST_CASE("without control groups root has no limit of processes, and its memory is limited per process") {
  RunnerOptions options;
  options.containment = Containment::kSubreaper;
  options.groups = GroupsInSight::kNone;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  CHECK(runner.abilities().at(EXECLET_ABI_LIMIT_MEMORY) == "rlimit, per process, private memory only");
  CHECK(runner.abilities().at(EXECLET_ABI_LIMIT_CPU_TIME).find("sampled") == 0);
  // RLIMIT_NPROC would not hold for root: refused, never pretended.
  for (const std::uint32_t kind : {EXECLET_ABI_LIMIT_PIDS, EXECLET_ABI_LIMIT_CPUS}) {
    CHECK(runner.abilities().count(kind) == 0);
    StartSpec spec = shell("ulimit -u");
    spec.limits[kind] = 500;
    const RunOutcome outcome = runner.run(spec);
    CHECK_FALSE(outcome.started);
    CHECK(outcome.failure.reason == "limits.not-enforceable");
    CHECK(outcome.failure.message.find("no control group hierarchy") != std::string::npos);
  }
  StartSpec spec = shell("ulimit -d; python3 -S -c 'bytearray(200 << 20)'");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_MEMORY) == "rlimit, per process, private memory only");
  CHECK(outcome.out == "65536\n");
  CHECK(outcome.err.find("MemoryError") != std::string::npos);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.limits_hit == 0);

  spec = shell("while :; do :; done");
  spec.limits[EXECLET_ABI_LIMIT_CPU_TIME] = 200'000'000;
  outcome = runner.run(spec);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_CPU_TIME).find("sampled") == 0);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_CPU_TIME);
}

TEST_CASE("in a chroot, whose root is no mount point, a runner has its namespaces, and its mounts stay its own") {
  RunnerOptions options;
  options.chroot = true;
  options.disk_bytes = 8 * kMiB;
  RunnerDriver runner(options);
  INFO(runner.setup_failure().message);
  REQUIRE(runner.ready());
  CHECK(runner.mode() == Containment::kNamespace);
  StartSpec spec = daemon_and_go(5);
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 30;
  RunOutcome outcome = runner.run(spec);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 5);
  CHECK(std::stoi(outcome.out) <= 7);  // those of this namespace: runner, sh, ps, wc, the daemon and its parents
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_PIDS).find("cgroup") == 0);
  CHECK(runner.survivors() == 0);
  // The private directory is a tmpfs for the runner alone.
  spec = shell("head -c 20000000 /dev/zero > big");
  spec.limits[EXECLET_ABI_LIMIT_DISK] = 4 * kMiB;
  outcome = runner.run(spec);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_DISK);
  CHECK(runner.mounts_outside() == 0);
  CHECK(runner.close());
}

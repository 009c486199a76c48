// SPDX-License-Identifier: Apache-2.0
//
// Limits of one run: which means enforces each, setting it up, and the evidence afterwards. A limit counts as hit only
// if a counter of the kernel rose or the runner itself killed for it, never because of an exit code.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cgroup.h"
#include "failure.h"
#include "spawn.h"
#include "workspace.h"

namespace execlet::runner {

// The values of execlet_abi_limit.
enum LimitKind : std::uint32_t {
  kWallTime,
  kMemory,
  kCpus,
  kCpuTime,
  kPids,
  kOpenFiles,
  kFileSize,
  kOutput,
  kDisk,
  kLimitKinds,
};

struct LimitInForce {
  std::uint32_t kind;
  std::uint64_t value;
  std::string how;  // empty: not enforced
};

using LimitValues = std::array<std::uint64_t, kLimitKinds>;  // 0 = not asked for

class Limits {
 public:
  // `kill_means`: what kills a run's tree, for people. `groups_kept`: programs cannot write to control groups.
  Limits(CgroupTree &groups, Workspace &workspace, std::string_view kill_means, bool groups_kept)
      : groups_(groups),
        workspace_(workspace),
        groups_kept_(groups_kept),
        wall_time_("clock of the runner, tree killed by " + std::string(kill_means)) {}

  // What could be enforced here, without creating anything.
  std::vector<LimitInForce> abilities() const;

  // Prepares all that `wanted` asks for and adds to `plan` what the child does for it. False with `failure` at the
  // first one that cannot be enforced, unless `best_effort`.
  bool apply(const LimitValues &wanted, bool best_effort, SpawnPlan &plan, std::vector<LimitInForce> &in_force,
             Failure &failure);

  // After the run: bit set of the kinds for which a counter rose.
  std::uint32_t counted_hits() const;
  // The most memory that the run used, if its group knows; else 0.
  std::uint64_t peak_memory() const;
  // Nanoseconds of cpu of the run's whole tree so far; 0 if no group accounts for it.
  std::uint64_t cpu_used() const;

 private:
  // Takes back what an earlier run wrote into a group.
  void lift(std::uint32_t kind);
  // Empty if it cannot be enforced (`why` says why not), else how it is.
  std::string apply_one(std::uint32_t kind, std::uint64_t &value, SpawnPlan &plan, std::string &why);
  std::string apply_memory(std::uint64_t &value, SpawnPlan &plan);
  std::string apply_pids(std::uint64_t value, SpawnPlan &plan, std::string &why);
  std::string apply_cpus(std::uint64_t value, SpawnPlan &plan, std::string &why);
  std::string apply_cpu_time(SpawnPlan &plan);
  std::string how_by_group(const CgroupNode &node, std::string_view what) const;
  std::uint64_t oom_kills() const;
  std::uint64_t pids_refused() const;
  std::uint64_t cpu_counter() const;
  std::uint64_t peak_counter() const;

  CgroupTree &groups_;
  Workspace &workspace_;
  const bool groups_kept_;
  const std::string wall_time_;   // how it is enforced
  CgroupNode *memory_ = nullptr;  // those of the current run
  CgroupNode *pids_ = nullptr;
  CgroupNode *cpu_accounting_ = nullptr;
  std::uint32_t left_in_groups_ = 0;  // bit set of kinds: written into a group and not taken back
  bool disk_ = false;
  std::uint64_t oom_kills_before_ = 0;
  std::uint64_t peak_before_ = 0;
  std::uint64_t pids_refused_before_ = 0;
  std::uint64_t cpu_before_ = 0;
};

}  // namespace execlet::runner

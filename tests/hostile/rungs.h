// SPDX-License-Identifier: Apache-2.0
//
// The ways to hold a run together and kill it, the best first, with the surroundings in which each is the best.
#pragma once

#include "runner_launch.h"

namespace execlet::test {

struct Rung {
  const char *name;
  Containment containment;
  GroupsInSight groups;
  const char *killed_by;  // as `how` of the wall time tells it
  bool airtight = true;   // no program can outrun it

  RunnerOptions options() const {
    RunnerOptions options;
    options.containment = containment;
    options.groups = groups;
    return options;
  }
};

inline const std::vector<Rung> kRungs = {
    {"namespace", Containment::kNamespace, GroupsInSight::kAll, "its PID namespace"},
    {"cgroup.kill", Containment::kCgroup, GroupsInSight::kAll, "cgroup.kill; no namespaces"},
    {"freezer", Containment::kCgroup, GroupsInSight::kFreezer, "freezing its cgroup v1; no namespaces"},
    {"subreaper", Containment::kSubreaper, GroupsInSight::kAll,
     "a walk over /proc while pids.max = 0 forbids forks; no namespaces"},
    {"subreaper alone", Containment::kSubreaper, GroupsInSight::kNone,
     "a walk over /proc, which fast forks delay; no namespaces", false},
};

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// Starts one program by clone(CLONE_VM | CLONE_VFORK): the child reports through shared memory what failed before or in
// execve, so that a program that never ran is never taken for one that exited.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "guard.h"

namespace execlet::runner {

struct ResourceLimit {
  int resource;
  rlim_t value;
};

struct SpawnPlan {
  std::string program;  // path for execve
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  int stdin_fd = -1;  // 0, 1 and 2 of the program; none of them is below 3
  int stdout_fd = -1;
  int stderr_fd = -1;
  std::vector<int> attach_fds;  // control group files: the child writes "0" to each before it executes
  std::vector<ResourceLimit> resource_limits;
  const Guard *guard = nullptr;  // entered last
};

enum class SpawnStep { kNone, kClone, kAttach, kResourceLimit, kGuard, kExec };

struct SpawnResult {
  pid_t pid = -1;  // a process group leader
  SpawnStep failed = SpawnStep::kNone;
  int error = 0;
};

SpawnResult spawn(const SpawnPlan &plan);

}  // namespace execlet::runner

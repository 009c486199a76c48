// SPDX-License-Identifier: Apache-2.0
//
// Starts an `execlet-runner` in the surroundings that a test asks for: as PID 1 of namespaces of its own, as an
// ordinary user, in a chroot, or as an ordinary process with only some of the machine's control groups in sight.
// Whatever it is, the whole lives in a PID and mount namespace of the test's own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "protocol.h"

namespace execlet::test {

using runner::Containment;

// The control groups that the runner can find; less than all only where it is an ordinary process (not kNamespace).
enum class GroupsInSight { kAll, kFreezer, kNone };  // kFreezer: those of version 1, of which the freezer is one

struct RunnerOptions {
  Containment containment = Containment::kNamespace;
  std::string work_dir;          // empty: private
  bool unprivileged = false;     // as uid 65534, in a user namespace
  bool chroot = false;           // below a directory that is no mount point, in a mount shared with others
  bool old_kernel = false;       // that has no close_range; the client left a descriptor open; only with kNamespace
  std::uint64_t disk_bytes = 0;  // size of the private directory
  int host_pidfd = -1;           // whose end is the end; not with `unprivileged`
  GroupsInSight groups = GroupsInSight::kAll;
  std::uint64_t private_memory = 0;  // the system's limit for each process, as RLIMIT_DATA; 0 = as it is
};

inline bool is_own_init(const RunnerOptions &options) {
  return options.containment == Containment::kNamespace || options.containment == Containment::kAuto;
}

// As protocol.h has it: `private_dir` is made and removed by the runner.
struct LaunchedRunner {
  int socket = -1;
  pid_t child = -1;  // the runner, or the init of the namespace that holds it; its exit code is 0 if nothing was left
  pid_t runner = -1;
};
LaunchedRunner launch_runner(const RunnerOptions &options, const std::string &private_dir);

std::vector<pid_t> children_of(pid_t pid);

}  // namespace execlet::test

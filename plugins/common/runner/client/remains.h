// SPDX-License-Identifier: Apache-2.0
//
// What a runner leaves behind that was killed, or that is stopped and ends nothing any more: processes, where they die
// with no PID namespace, and control groups. Found by what the client knows without it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace execlet::runner {

struct Remains {
  pid_t runner = -1;                // it need not live; while it does, its orphans come back to it
  bool may_have_processes = false;  // it was not the init of a namespace
  std::string private_dir;          // programs have a directory below it as their TMPDIR
  std::vector<std::string> groups;  // directories of control groups, whether they exist or not
};

// Kills the processes, again until none is found or `patience_ns` have passed. True if none is left.
bool kill_remaining(const Remains &remains, std::uint64_t patience_ns);
// Removes the control groups, which have to be empty.
void remove_groups(const Remains &remains);

// What is seen of a process from outside, to tell one that works from one that was stopped.
struct Pulse {
  char state = 0;  // of /proc/PID/stat; 0: it is gone
  std::uint64_t switches = 0;
};
Pulse pulse_of(pid_t pid);

}  // namespace execlet::runner

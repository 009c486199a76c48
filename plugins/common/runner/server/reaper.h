// SPDX-License-Identifier: Apache-2.0
//
// Collects the dead: the main program of a run and every orphan of its tree, with what they used.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "containment.h"

namespace execlet::runner {

class Reaper {
 public:
  // SIGCHLD must be blocked in this process.
  explicit Reaper(ProcessSet &processes) : processes_(processes) {}

  // From now on `main_program` is the one whose end matters, and usage counts from zero.
  void watch(pid_t main_program);

  // Reaps all that is dead now. False if no child is left.
  bool reap();
  bool main_ended() const { return main_ended_; }
  int main_status() const { return main_status_; }  // as of wait()

  // Kills all and reaps until none is left; false if some would not die within `patience_ns`.
  bool kill_all(std::uint64_t patience_ns);

  std::uint64_t user_ns() const { return user_ns_; }
  std::uint64_t system_ns() const { return system_ns_; }
  std::uint64_t max_resident_bytes() const { return max_resident_bytes_; }
  // What the living have used so far, as far as /proc tells.
  std::uint64_t living_cpu_ns() const;

 private:
  ProcessSet &processes_;
  pid_t main_ = -1;
  bool main_ended_ = false;
  int main_status_ = 0;
  std::uint64_t user_ns_ = 0;
  std::uint64_t system_ns_ = 0;
  std::uint64_t max_resident_bytes_ = 0;
};

}  // namespace execlet::runner

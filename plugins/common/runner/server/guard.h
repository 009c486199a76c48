// SPDX-License-Identifier: Apache-2.0
//
// Keeps programs from turning on the runner and the host where no PID namespace does: a system call filter that refuses
// every call by which one process signals, traces, limits or reschedules another when the other one is the runner or
// the host; and, where the kernel has it, a Landlock domain, out of which no signal and no tracing leads at all.
//
// By number a filter knows processes, not their threads: those of a host are safe only in such a domain.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <vector>

#include "descriptor.h"

namespace execlet::runner {

class Guard {
 public:
  // Prepares both for children of this process. `host` is 0 if unknown here.
  void prepare(pid_t host);
  // Whether this system can have the filter.
  bool holds() const { return !filter_.empty(); }

  // In a child that shares this process's memory, before it executes: makes system calls only. Does nothing if not
  // prepared; false with errno if the system refuses what it promised.
  bool enter() const;

 private:
  std::vector<sock_filter> filter_;
  Descriptor domain_;
};

}  // namespace execlet::runner

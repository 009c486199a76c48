// SPDX-License-Identifier: Apache-2.0
//
// What programs inherit from this process and one of the same uid can change in it: resource limits, priority,
// processors, the order in which memory is reclaimed. Remembered at the start, so that no run finds what an earlier one
// did.
#pragma once

#include <sched.h>
#include <sys/resource.h>

#include <string>

#include "descriptor.h"

namespace execlet::runner {

class OwnState {
 public:
  // Takes it down.
  OwnState();
  // Puts back what has changed; false if something could not be.
  bool restore() const;

 private:
  rlimit limits_[RLIM_NLIMITS] = {};
  int policy_ = 0;
  long io_priority_ = 0;
  int priority_ = 0;
  cpu_set_t processors_;
  Descriptor oom_file_;  // kept open: looked at after every run
  std::string oom_adjustment_;
};

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "precedence.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace execlet::runner {
namespace {

constexpr int kHighNice = -10;

// See sched_setattr(2); glibc has no wrapper for it before 2.41.
bool set_scheduling(std::uint32_t policy, int nice, std::uint32_t priority) {
  struct {
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;
  } attributes = {};
  static_assert(sizeof attributes == 48);
  constexpr std::uint64_t kResetOnFork = 1;
  attributes.size = sizeof attributes;
  attributes.policy = policy;
  attributes.flags = kResetOnFork;
  attributes.nice = nice;
  attributes.priority = priority;
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

}  // namespace

Precedence::Precedence() {
  errno = 0;
  may_take_ = getpriority(PRIO_PROCESS, 0) == 0 && errno == 0 && sched_getscheduler(0) == SCHED_OTHER;
}

void Precedence::take() {
  if (may_take_ && !taken_) taken_ = set_scheduling(SCHED_RR, 0, 1) || set_scheduling(SCHED_OTHER, kHighNice, 0);
}

void Precedence::give_up() {
  if (taken_) set_scheduling(SCHED_OTHER, 0, 0);
  taken_ = false;
}

}  // namespace execlet::runner

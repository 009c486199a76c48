// SPDX-License-Identifier: Apache-2.0
#include "own_state.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "small_file.h"

namespace execlet::runner {
namespace {

constexpr const char *kOomAdjustment = "/proc/self/oom_score_adj";

rlimit limit_of(int resource) {
  rlimit limit{};
  getrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
  return limit;
}

cpu_set_t own_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

// Without the flag that Precedence leaves, which not everybody may take away, and which does nothing without it.
int own_policy() {
  return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
}

constexpr int kIoOfProcess = 1;  // IOPRIO_WHO_PROCESS, see ioprio_set(2), for which glibc has no wrapper

// Short enough for one read.
std::string read_from_start(int file) {
  char text[32];
  const ssize_t size = pread(file, text, sizeof text, 0);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

}  // namespace

OwnState::OwnState()
    : policy_(own_policy()),
      io_priority_(syscall(SYS_ioprio_get, kIoOfProcess, 0)),
      priority_(getpriority(PRIO_PROCESS, 0)),
      processors_(own_processors()),
      oom_file_(open(kOomAdjustment, O_RDONLY | O_CLOEXEC)),
      oom_adjustment_(read_from_start(oom_file_.get())) {
  for (int resource = 0; resource < static_cast<int>(RLIM_NLIMITS); ++resource) limits_[resource] = limit_of(resource);
}

bool OwnState::restore() const {
  bool whole = true;
  // The room for descriptors first: the rest may need one.
  for (int at = 0; at < static_cast<int>(RLIM_NLIMITS); ++at) {
    const int resource = (RLIMIT_NOFILE + at) % static_cast<int>(RLIM_NLIMITS);
    const rlimit now = limit_of(resource), &before = limits_[resource];
    if (now.rlim_cur == before.rlim_cur && now.rlim_max == before.rlim_max) continue;
    if (setrlimit(static_cast<__rlimit_resource_t>(resource), &before) != 0) whole = false;
  }
  const sched_param none{};
  if (own_policy() != policy_ && sched_setscheduler(0, policy_ | SCHED_RESET_ON_FORK, &none) != 0) whole = false;
  if (getpriority(PRIO_PROCESS, 0) != priority_ && setpriority(PRIO_PROCESS, 0, priority_) != 0) whole = false;
  if (syscall(SYS_ioprio_get, kIoOfProcess, 0) != io_priority_ &&
      syscall(SYS_ioprio_set, kIoOfProcess, 0, io_priority_) != 0)
    whole = false;
  const cpu_set_t now = own_processors();
  if (!CPU_EQUAL(&now, &processors_) && sched_setaffinity(0, sizeof processors_, &processors_) != 0) whole = false;
  if (read_from_start(oom_file_.get()) != oom_adjustment_ && write_small_file(kOomAdjustment, oom_adjustment_) != 0)
    whole = false;
  return whole;
}

}  // namespace execlet::runner

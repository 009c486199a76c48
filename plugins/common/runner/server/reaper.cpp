// SPDX-License-Identifier: Apache-2.0
#include "reaper.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "clock.h"
#include "process_stat.h"

namespace execlet::runner {
namespace {

std::uint64_t to_ns(const timeval &time) {
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

void wait_for_child(std::uint64_t patience_ns) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const timespec patience = {0, static_cast<long>(patience_ns)};
  sigtimedwait(&child, nullptr, &patience);
}

}  // namespace

void Reaper::watch(pid_t main_program) {
  main_ = main_program;
  main_ended_ = false;
  main_status_ = 0;
  user_ns_ = system_ns_ = max_resident_bytes_ = 0;
}

bool Reaper::reap() {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
    if (pid == 0) return true;
    if (pid < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    user_ns_ += to_ns(usage.ru_utime);
    system_ns_ += to_ns(usage.ru_stime);
    max_resident_bytes_ = std::max(max_resident_bytes_, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
    if (pid != main_) continue;
    main_ended_ = true;
    main_status_ = status;
  }
}

bool Reaper::kill_all(std::uint64_t patience_ns) {
  const std::uint64_t deadline = monotonic_ns() + patience_ns;
  std::uint64_t pause = kMillisecond;
  bool again = false;
  for (bool kill_again = true; reap();) {
    if (kill_again) processes_.kill_all(std::exchange(again, true));
    if (!reap()) break;
    const std::uint64_t before = monotonic_ns();
    if (before > deadline) return false;
    wait_for_child(pause);
    // The other means cannot be outrun; a walk can, so it goes on for as long as anything dies.
    const bool waited_in_vain = monotonic_ns() - before >= pause;
    kill_again = waited_in_vain || processes_.mode() == Containment::kSubreaper;
    if (waited_in_vain) pause = std::min(pause * 2, 50 * kMillisecond);
  }
  processes_.reopen();
  return true;
}

std::uint64_t Reaper::living_cpu_ns() const {
  const auto tick_ns = kSecond / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  std::uint64_t ticks = 0;
  for (const pid_t pid : processes_.members()) {
    const ProcessStat process(pid);
    // utime, stime, cutime and cstime
    for (int field = 14; field <= 17; ++field) ticks += process.number(field);
  }
  return ticks * tick_ns;
}

}  // namespace execlet::runner

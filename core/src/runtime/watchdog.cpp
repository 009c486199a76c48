// SPDX-License-Identifier: Apache-2.0
#include "watchdog.h"

#include <algorithm>
#include <utility>

namespace execlet::core {

Watchdog::Watchdog(Deadlines &deadlines, CallContext &context, Limits limits, std::function<bool()> give_up)
    : deadlines_(deadlines), context_(context), limits_(limits), give_up_(std::move(give_up)) {}

void Watchdog::begin_waiting() {
  const std::lock_guard lock(mutex_);
  start_due_ = kNever;
  started_.reset();
  arm_by(due());
}

void Watchdog::begin_call(Nanoseconds start_timeout) {
  const std::lock_guard lock(mutex_);
  start_due_ = Clock::now() + start_timeout;
  started_.reset();
  arm_by(due());
}

// One armed deadline serves a whole run: it is armed for the earliest that anything can be due, and finds out when it
// fires what is due by then. So a run costs one arming, not one per phase.
void Watchdog::begin_run(Nanoseconds start_timeout, Nanoseconds timeout) {
  const std::lock_guard lock(mutex_);
  const TimePoint now = Clock::now();
  start_due_ = now + start_timeout;
  timeout_ = timeout;
  started_.reset();
  arm_by(std::min(due(), now + timeout + overtime()));
}

void Watchdog::run_started(TimePoint started) {
  const std::lock_guard lock(mutex_);
  started_ = started;
  arm_by(due());
}

void Watchdog::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  deadlines_.disarm(std::exchange(armed_, {}));
}

Nanoseconds Watchdog::stop(StopCause cause) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || level_ != EXECLET_ABI_CANCEL_NONE) return limits_.kill_grace;
    raise_level(cause, EXECLET_ABI_CANCEL_TERMINATE);
  }
  context_.raise(EXECLET_ABI_CANCEL_TERMINATE);
  return limits_.kill_grace;
}

StopCause Watchdog::cause() const {
  const std::lock_guard lock(mutex_);
  return cause_;
}

void Watchdog::on_deadline() {
  execlet_abi_cancel level = EXECLET_ABI_CANCEL_NONE;
  {
    const std::lock_guard lock(mutex_);
    armed_ = {};
    if (ended_) return;
    const TimePoint now = Clock::now();
    if (now < due()) return arm_by(due());
    if (level_ != EXECLET_ABI_CANCEL_KILL) {
      raise_due(now);
      level = level_;
    }
  }
  if (level != EXECLET_ABI_CANCEL_NONE) return context_.raise(level);
  if (give_up_()) return;
  const std::lock_guard lock(mutex_);
  level_since_ = Clock::now();
  arm_by(due());
}

void Watchdog::raise_due(TimePoint now) {
  if (level_ == EXECLET_ABI_CANCEL_TERMINATE) return raise_level(cause_, EXECLET_ABI_CANCEL_KILL);
  if (limits_.deadline && now >= *limits_.deadline)
    return raise_level(StopCause::kDeadline, EXECLET_ABI_CANCEL_TERMINATE);
  if (!started_) return raise_level(StopCause::kStartTimeout, EXECLET_ABI_CANCEL_TERMINATE);
  // If the backend keeps the time, its own limit and grace have passed: nothing gentle is left to do.
  raise_level(StopCause::kTimeout, limits_.backend_keeps_time ? EXECLET_ABI_CANCEL_KILL : EXECLET_ABI_CANCEL_TERMINATE);
}

void Watchdog::raise_level(StopCause cause, execlet_abi_cancel level) {
  if (cause_ == StopCause::kNone) cause_ = cause;
  level_ = level;
  level_since_ = Clock::now();
  arm_by(due());
}

Nanoseconds Watchdog::overtime() const {
  return limits_.backend_keeps_time ? limits_.kill_grace + kBackstopTime : Nanoseconds(0);
}

TimePoint Watchdog::due() const {
  if (level_ == EXECLET_ABI_CANCEL_KILL) return level_since_ + kStuckTime;
  if (level_ == EXECLET_ABI_CANCEL_TERMINATE)
    return level_since_ + limits_.kill_grace + (limits_.backend_keeps_time ? kBackstopTime : Nanoseconds(0));
  const TimePoint phase = started_ ? *started_ + timeout_ + overtime() : start_due_;
  return std::min(limits_.deadline.value_or(kNever), phase);
}

void Watchdog::arm_by(TimePoint time) {
  if (ended_ || (armed_.number != 0 && armed_.time <= time)) return;
  deadlines_.disarm(armed_);
  armed_ = deadlines_.arm(time, self_);
}

}  // namespace execlet::core

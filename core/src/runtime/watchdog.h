// SPDX-License-Identifier: Apache-2.0
//
// Ends what must not go on: raises the stop of one execution's calls when its time is over, makes it stronger when it
// does not help, and gives the execution up when the plugin does not come back at all.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "../instance/call_context.h"
#include "../instance/clock.h"
#include "../instance/deadlines.h"
#include "../instance/instance_source.h"
#include "../instance/status_table.h"

namespace execlet::core {

// Thread-safe.
class Watchdog final : public Alarm, public Stoppable {
 public:
  // Given up this long after the last, strongest stop.
  static constexpr Nanoseconds kStuckTime = std::chrono::seconds(2);
  // How much later than the backend's own time limit the core steps in.
  static constexpr Nanoseconds kBackstopTime = std::chrono::seconds(1);

  struct Limits {
    Nanoseconds kill_grace{};
    bool backend_keeps_time = false;  // the backend enforces the wall time and the grace by itself
    std::optional<TimePoint> deadline;
  };

  // `give_up` is called on the timer's thread; false = not possible now, ask again later.
  Watchdog(Deadlines &deadlines, CallContext &context, Limits limits, std::function<bool()> give_up);

  // The object's own handle for the timer; before anything else.
  void set_self(std::weak_ptr<Alarm> self) { self_ = std::move(self); }

  // From now on until the next of these:
  void begin_waiting();                                            // nothing runs yet; only the deadline counts
  void begin_call(Nanoseconds start_timeout);                      // a call that must not last longer
  void begin_run(Nanoseconds start_timeout, Nanoseconds timeout);  // user code starts in that time, then has this one
  void run_started(TimePoint started);
  void end();

  // Raises TERMINATE now. The first cause of all is kept.
  Nanoseconds stop(StopCause cause) override;
  StopCause cause() const;
  TimePoint deadline() const { return limits_.deadline.value_or(kNever); }

  void on_deadline() override;

 private:
  // All with the lock held.
  void raise_due(TimePoint now);
  void raise_level(StopCause cause, execlet_abi_cancel level);
  Nanoseconds overtime() const;  // what the backend is given beyond the time limit
  TimePoint due() const;
  void arm_by(TimePoint time);  // what is armed stays if it fires in time

  Deadlines &deadlines_;
  CallContext &context_;
  const Limits limits_;
  const std::function<bool()> give_up_;
  std::weak_ptr<Alarm> self_;

  mutable std::mutex mutex_;
  bool ended_ = false;
  TimePoint start_due_ = kNever;  // when user code must have started, or the call returned
  Nanoseconds timeout_{};
  std::optional<TimePoint> started_;
  StopCause cause_ = StopCause::kNone;
  execlet_abi_cancel level_ = EXECLET_ABI_CANCEL_NONE;
  TimePoint level_since_{};
  Deadlines::Id armed_;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The one timer of a runtime: one thread, started at first need, asleep until the earliest deadline.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "clock.h"
#include "run_threads.h"

namespace execlet::core {

// Something that wants to know when a time has come.
class Alarm {
 public:
  // On the timer's thread; must not block. May come once more while or after the alarm is disarmed.
  virtual void on_deadline() = 0;

 protected:
  ~Alarm() = default;
};

// Thread-safe.
class Deadlines {
 public:
  // `threads` must outlive it.
  explicit Deadlines(RunThreads &threads) : threads_(threads) {}
  // Names one armed deadline; a default-constructed one names none.
  struct Id {
    TimePoint time = kNever;
    std::uint64_t number = 0;
  };

  Deadlines(const Deadlines &) = delete;
  Deadlines &operator=(const Deadlines &) = delete;
  ~Deadlines() { close(); }

  // Wakes the thread only if it would oversleep `time`: a deadline that was disarmed still ends its sleep, so that one
  // run after the other, each with its own deadline, leaves it alone. An alarm that is gone by then is skipped. kNever
  // and a closed timer arm nothing. Throws std::system_error if there is no thread to be had, with nothing armed.
  Id arm(TimePoint time, std::weak_ptr<Alarm> alarm);
  void disarm(Id id);
  // Joins the thread; nothing fires afterwards.
  void close();

 private:
  void loop();
  void sleep(std::unique_lock<std::mutex> &lock, TimePoint until);

  RunThreads &threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<TimePoint, std::uint64_t>, std::weak_ptr<Alarm>> armed_;
  std::uint64_t last_number_ = 0;
  TimePoint asleep_until_ = TimePoint::min();  // min: awake, and looks at what is armed before it sleeps
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace execlet::core

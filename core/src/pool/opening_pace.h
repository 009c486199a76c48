// SPDX-License-Identifier: Apache-2.0
//
// Whether a run without an instance is served sooner by one that comes back than by one that is opened, where nothing
// limits how many there are. With more runs than processors, opening an instance for each takes the processors from
// those that could run: as long as instances come back more often than one could be opened, one is waited for; else as
// many are opened at once as there are processors. Nobody waits for long behind runs that block.
#pragma once

#include <cstddef>

#include "../instance/clock.h"

namespace execlet::core {

// Guarded by its owner's lock.
class OpeningPace {
 public:
  explicit OpeningPace(std::size_t processors) : processors_(processors) {}

  // Until when one who came at `since` and found `ahead` waiting should wait before it is looked at again; a time that
  // is over says that it should open an instance.
  TimePoint wait_until(TimePoint since, std::size_t ahead, TimePoint now) const;
  // True if one of those who wait should open an instance.
  bool room(TimePoint now) const { return opening_ < processors_ && !is_flowing(now); }

  void begin_opening() { ++opening_; }
  void end_opening(Nanoseconds took);
  void came_back(TimePoint now) { last_came_back_ = now; }

 private:
  static constexpr Nanoseconds kWaitAtMost = std::chrono::milliseconds(50);
  static constexpr Nanoseconds kWaitToOpen = std::chrono::milliseconds(5);

  bool is_flowing(TimePoint now) const { return now < last_came_back_ + opening_time_; }

  const std::size_t processors_;
  std::size_t opening_ = 0;      // under way now
  Nanoseconds opening_time_{0};  // what one took lately, at most kWaitAtMost
  TimePoint last_came_back_{};
};

}  // namespace execlet::core

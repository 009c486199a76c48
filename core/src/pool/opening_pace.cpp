// SPDX-License-Identifier: Apache-2.0
#include "opening_pace.h"

#include <algorithm>

namespace execlet::core {

TimePoint OpeningPace::wait_until(TimePoint since, std::size_t ahead, TimePoint now) const {
  const TimePoint last = since + kWaitAtMost;
  if (!is_flowing(now)) return opening_ >= processors_ ? std::min(last, since + kWaitToOpen) : since;
  // A long line tells by itself that there are more runs than could run; in a short one the next look is soon.
  return ahead >= processors_ ? last : std::min(last, last_came_back_ + opening_time_);
}

void OpeningPace::end_opening(Nanoseconds took) {
  --opening_;
  opening_time_ = opening_time_ == Nanoseconds(0) ? took : (opening_time_ + took) / 2;
  opening_time_ = std::min(opening_time_, kWaitAtMost);
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The one clock that deadlines are told by: CLOCK_MONOTONIC, in the plugin ABI's nanoseconds or as std::chrono.
#pragma once

#include <chrono>
#include <cstdint>

namespace execlet::core {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Nanoseconds = std::chrono::nanoseconds;

// Later than anything that happens; arithmetic on it must not be done.
inline constexpr TimePoint kNever = TimePoint::max();

inline std::uint64_t to_abi_ns(TimePoint time) {
  return time == kNever ? 0 : static_cast<std::uint64_t>(time.time_since_epoch().count());
}
inline TimePoint from_abi_ns(std::uint64_t ns) {
  return TimePoint(Nanoseconds(static_cast<std::int64_t>(ns)));
}
// `seconds` has been checked to lie within 0 … 1e7.
inline Nanoseconds to_nanoseconds(double seconds) {
  return Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}
inline TimePoint later(TimePoint time, Nanoseconds by) {
  return by >= kNever - time ? kNever : time + by;
}

}  // namespace execlet::core

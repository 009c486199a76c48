// SPDX-License-Identifier: Apache-2.0
//
// Times in nanoseconds. All deadlines are monotonic; 0 means none.
#pragma once

#include <ctime>

#include <cstdint>

namespace execlet::runner {

inline constexpr std::uint64_t kMillisecond = 1'000'000;
inline constexpr std::uint64_t kSecond = 1'000'000'000;

inline std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kSecond + static_cast<std::uint64_t>(now.tv_nsec);
}
inline std::uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

}  // namespace execlet::runner

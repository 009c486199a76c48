// SPDX-License-Identifier: Apache-2.0
//
// How long instances live and who gets them, as configured. docs/config.md has the meaning of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace execlet::core {

// "pool" of an executor. Times are seconds.
struct PoolSettings {
  static constexpr std::size_t kMost = 10'000;

  std::size_t min_idle = 0;
  std::optional<std::size_t> max;  // none = as many as there are cores, at least min_idle
  double idle_timeout = 300;
  std::optional<double> max_lifetime;
  std::optional<std::uint64_t> max_uses;
  double max_wait = 60;
};

// "session" of an executor. Times are seconds.
struct SessionSettings {
  static constexpr std::size_t kMost = 10'000;

  double idle_timeout = 3600;
  std::optional<double> max_lifetime;
  std::size_t max = 100;
};

}  // namespace execlet::core

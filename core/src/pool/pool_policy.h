// SPDX-License-Identifier: Apache-2.0
//
// What a pool does with its instances.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "../config/lifetime_settings.h"
#include "../instance/clock.h"
#include "../instance/closing.h"
#include "../instance/instance_key.h"

namespace execlet::core {

struct PoolPolicy {
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  std::size_t processors = 1;
  InstanceKey key;               // of those that are opened ahead
  std::size_t min_idle = 0;      // opened ahead, and not closed for being idle
  std::size_t max = kUnlimited;  // that exist at a time
  std::size_t max_idle = 1;      // more are kept only for a moment
  Nanoseconds idle_timeout{};    // of those beyond min_idle
  Nanoseconds max_lifetime = Nanoseconds::max();
  std::uint64_t max_uses = std::numeric_limits<std::uint64_t>::max();
  Nanoseconds max_wait{};
  Nanoseconds open_time{};                      // for one that is opened ahead
  Nanoseconds close_time = Closing::kPatience;  // one that takes longer counts no more

  bool limited() const { return max != kUnlimited; }
};

// Without settings: as many idle instances as there are processors are kept for 5 s, so that a host's second call is
// warm.
PoolPolicy pool_policy(const std::optional<PoolSettings> &settings, const InstanceKey &key, Nanoseconds open_time);

}  // namespace execlet::core

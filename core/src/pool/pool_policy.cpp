// SPDX-License-Identifier: Apache-2.0
#include "pool_policy.h"

#include <algorithm>
#include <thread>

namespace execlet::core {

PoolPolicy pool_policy(const std::optional<PoolSettings> &settings, const InstanceKey &key, Nanoseconds open_time) {
  PoolPolicy policy;
  policy.processors = std::max(1u, std::thread::hardware_concurrency());
  policy.key = key;
  policy.open_time = open_time;
  if (!settings) {
    policy.max_idle = policy.processors;
    policy.idle_timeout = std::chrono::seconds(5);
    return policy;
  }
  policy.min_idle = settings->min_idle;
  policy.max = settings->max.value_or(std::max(policy.processors, settings->min_idle));
  policy.max_idle = policy.max;
  policy.idle_timeout = to_nanoseconds(settings->idle_timeout);
  if (settings->max_lifetime) policy.max_lifetime = to_nanoseconds(*settings->max_lifetime);
  if (settings->max_uses) policy.max_uses = *settings->max_uses;
  policy.max_wait = to_nanoseconds(settings->max_wait);
  return policy;
}

}  // namespace execlet::core

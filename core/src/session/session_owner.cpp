// SPDX-License-Identifier: Apache-2.0
#include "session_owner.h"

#include <utility>

namespace execlet::core {

SessionPolicy::SessionPolicy(const SessionSettings &settings)
    : idle_timeout(to_nanoseconds(settings.idle_timeout)), max(settings.max) {
  if (settings.max_lifetime) max_lifetime = to_nanoseconds(*settings.max_lifetime);
}

SessionOwner::SessionOwner(std::string executor, std::string options_digest, std::shared_ptr<Backend> backend,
                           InstanceKey key, SessionPolicy policy)
    : executor_(std::move(executor)),
      options_digest_(std::move(options_digest)),
      backend_(std::move(backend)),
      key_(std::move(key)),
      policy_(policy) {}

bool SessionOwner::is_like(const SessionOwner &other) const {
  return executor_ == other.executor_ && options_digest_ == other.options_digest_;
}

bool SessionOwner::take_place() {
  std::size_t taken = places_;
  while (taken < policy_.max) {
    if (places_.compare_exchange_weak(taken, taken + 1)) return true;
  }
  return false;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What the sessions of one executor have in common: where their instances come from, how long these may live, how many
// there may be.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "../config/lifetime_settings.h"
#include "../instance/backend.h"
#include "../instance/clock.h"
#include "../instance/instance_key.h"

namespace execlet::core {

struct SessionPolicy {
  explicit SessionPolicy(const SessionSettings &settings);

  Nanoseconds idle_timeout;
  Nanoseconds max_lifetime = Nanoseconds::max();
  std::size_t max;  // that have an instance at a time
};

class SessionOwner {
 public:
  // `options_digest` tells executors of one name apart that make different instances.
  SessionOwner(std::string executor, std::string options_digest, std::shared_ptr<Backend> backend, InstanceKey key,
               SessionPolicy policy);

  const std::string &executor() const { return executor_; }
  Backend &backend() const { return *backend_; }
  const std::shared_ptr<Backend> &shared_backend() const { return backend_; }
  const InstanceKey &key() const { return key_; }  // of what is opened ahead of a request
  const SessionPolicy &policy() const { return policy_; }
  // Another handle of the same executor may use its sessions.
  bool is_like(const SessionOwner &other) const;

  // The right of one session to have an instance. False if there are policy().max.
  bool take_place();
  void free_place() { --places_; }

  // It gets no sessions any more. For Sessions, with its lock held.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }

 private:
  const std::string executor_;
  const std::string options_digest_;
  const std::shared_ptr<Backend> backend_;
  const InstanceKey key_;
  const SessionPolicy policy_;
  std::atomic<std::size_t> places_{0};  // that are taken
  bool ended_ = false;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The one instance of an executor whose backend keeps state between runs: every execution runs in it, one after the
// other, until the executor is stopped.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "../instance/instance_source.h"

namespace execlet::core {

class DefaultSession final : public InstanceSource {
 public:
  explicit DefaultSession(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {}

  // Waits for its turn. A request whose instance would have to be opened with other limits is refused.
  LeaseAnswer lease(const InstanceKey &key, LeaseCall call) override;
  void give_back(std::unique_ptr<Instance> instance, bool usable) override;
  LeaseAnswer warm_up(LeaseCall call) override;
  void close_all() override;

 private:
  bool wait_for_turn(const LeaseCall &call);

  const std::shared_ptr<Backend> backend_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool leased_ = false;
  std::unique_ptr<Instance> instance_;  // null while leased, or if none is open
};

}  // namespace execlet::core

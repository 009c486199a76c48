// SPDX-License-Identifier: Apache-2.0
//
// Instances between two executions: as many as there are cores, for some seconds, so that the next run is warm; more
// only for a moment. What
// must be done to one (reset, close) is done off the path of results: by the next lease, or in the background once
// nobody came for a moment.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../instance/deadlines.h"
#include "../instance/instance_source.h"

namespace execlet::core {

class IdleInstances final : public InstanceSource, public Alarm, public std::enable_shared_from_this<IdleInstances> {
 public:
  explicit IdleInstances(std::shared_ptr<Backend> backend);
  ~IdleInstances() override;

  LeaseAnswer lease(const InstanceKey &key, LeaseCall call) override;
  void give_back(std::unique_ptr<Instance> instance, bool usable) override;
  LeaseAnswer warm_up(LeaseCall call) override;
  void close_all() override;

  void on_deadline() override;

 private:
  static constexpr Nanoseconds kKeptFor = std::chrono::seconds(5);
  static constexpr Nanoseconds kResetAfter = std::chrono::milliseconds(10);
  // With many runs under way, one is given back a moment before the next is asked for: only those that nobody came for
  // within kResetAfter count as surplus.
  static constexpr std::size_t kMost = 256;
  static constexpr Nanoseconds kResetTime = std::chrono::seconds(10);

  struct Entry {
    std::unique_ptr<Instance> instance;
    TimePoint since;
  };

  std::unique_ptr<Instance> take(const InstanceKey &key);
  std::unique_ptr<Instance> take_to_clean(TimePoint now);
  std::uint64_t epoch();
  void keep(std::unique_ptr<Instance> instance, std::uint64_t epoch);
  void tidy_up();
  void arm(TimePoint now);  // with the lock held

  const std::shared_ptr<Backend> backend_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::vector<Entry> idle_;  // the one that waits longest first
  std::uint64_t epoch_ = 0;  // counts close_all
  Deadlines::Id armed_;
  bool tidying_ = false;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Instances that serve one request after another, with a reset between them where the backend's reset allows that, and
// instances opened ahead of their use. What must be done to one (open ahead, reset, close) is done off the path of
// results: by the next lease, or in the background once nobody came for a moment. Idle work takes no processor time:
// one deadline is armed at most.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "../instance/closing.h"
#include "../instance/deadlines.h"
#include "../instance/instance_source.h"
#include "../instance/waiting_line.h"
#include "opening_pace.h"
#include "pool_policy.h"

namespace execlet::core {

class Pool final : public InstanceSource, public Alarm, public std::enable_shared_from_this<Pool> {
 public:
  Pool(std::shared_ptr<Backend> backend, const PoolPolicy &policy);
  ~Pool() override;

  // Waits for its turn when `policy.max` instances are in use: at most policy.max_wait, in the order of asking.
  LeaseAnswer lease(const InstanceKey &key, const LeaseCall &call) override;
  LeaseAnswer replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) override;
  void give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) override;
  void abandon(const CallContext &holder) override;
  // Has policy.min_idle instances ready, at least one. If one of them cannot be opened that is the answer; the others
  // stay.
  LeaseAnswer warm_up(const LeaseCall &call) override;
  void close_all() override;
  // How many wait for their turn now.
  std::size_t waiting();

  void on_deadline() override;

 private:
  // Instances given back a moment before the next is asked for are no surplus yet: only those that nobody came for
  // within kResetAfter count.
  static constexpr std::size_t kMostIdle = 256;
  static constexpr Nanoseconds kResetAfter = std::chrono::milliseconds(10);
  static constexpr Nanoseconds kResetTime = std::chrono::seconds(10);
  static constexpr Nanoseconds kFirstRetry = std::chrono::milliseconds(500);
  static constexpr Nanoseconds kLastRetry = std::chrono::seconds(60);

  struct Entry {
    std::unique_ptr<Instance> instance;
    TimePoint since;
  };
  using Refusal = std::optional<LeaseAnswer>;

  // A place is the right to have one instance: being opened, in use, idle or being closed. There are policy.max.
  Refusal take_place(const InstanceKey &key, const LeaseCall &call, std::unique_ptr<Instance> &instance);
  // With the lock held. The two ways to wait: for one of a limited number, or as long as that is the quicker way.
  Refusal take_limited(std::unique_lock<std::mutex> &lock, const InstanceKey &key, CallContext &context,
                       std::unique_ptr<Instance> &instance);
  Refusal take_unlimited(std::unique_lock<std::mutex> &lock, const InstanceKey &key, CallContext &context,
                         std::unique_ptr<Instance> &instance);
  // One that is being opened for a place without an instance, as the pace counts it.
  class Opening;
  bool make_room(std::unique_ptr<Instance> old, CallContext &context);  // false if the call was stopped
  LeaseAnswer open(std::unique_ptr<Instance> instead_of, const InstanceKey &key, CallContext &context, TimePoint limit);
  bool holds_no_more(const CallContext &holder);  // with the lock held; false if it held none
  void free_place();
  Failure busy() const;

  std::unique_ptr<Instance> take_idle(const InstanceKey &key);  // with the lock held
  bool worn_out(const Instance &instance, TimePoint now) const;
  // Idle from now on, or handed to who waits; its place goes along. `epoch` is that in which it was taken.
  void keep(std::unique_ptr<Instance> instance, std::uint64_t epoch);
  // With the lock held. Returns one that must go.
  std::unique_ptr<Instance> keep_or_return(std::unique_ptr<Instance> instance, std::uint64_t epoch);
  // Closes it in the background and then frees its place; null is nothing.
  void retire(std::unique_ptr<Instance> instance);

  void open_spares();
  bool claim_spare(std::uint64_t &epoch);
  void open_spare(std::uint64_t epoch);
  void spare_failed(const OpenFailure &why);

  std::vector<std::unique_ptr<Instance>> take_expired(TimePoint now);  // with the lock held
  void clean();
  std::unique_ptr<Instance> take_to_clean(std::uint64_t &epoch);
  TimePoint expires(const Entry &entry) const;
  TimePoint due() const;
  void arm();  // with the lock held

  const std::shared_ptr<Backend> backend_;
  const PoolPolicy policy_;
  std::mutex mutex_;
  WaitingLine line_{mutex_};
  OpeningPace pace_;
  std::vector<Entry> idle_;                   // the one that waits longest first
  std::size_t places_ = 0;                    // that are taken
  std::vector<const CallContext *> holders_;  // of places, in leases
  std::uint64_t epoch_ = 0;                   // counts close_all

  bool leased_before_ = false;
  bool spares_wanted_ = false;                // there was a second lease, or warm_up
  std::list<CallContext *> opening_;          // of spares; on the stacks of those who open them
  std::size_t spares_coming_ = 0;             // posted or opening
  std::condition_variable spare_done_;        // one came, or failed
  std::optional<OpenFailure> spare_failure_;  // since the last warm_up began
  Nanoseconds retry_after_{0};                // a backend that fails is not asked again and again
  TimePoint retry_at_{};

  Deadlines::Id armed_;
  bool cleaning_ = false;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// One instance that is held across executions: they run in it one after the other, in the order they came, and it is
// never reset between them. It is opened for the first of them. When it is lost (it died or was poisoned, was idle or
// lived for too long), the next run gets a new one and its result says so. Idle, it costs one armed deadline.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "../instance/deadlines.h"
#include "../instance/instance_source.h"
#include "session_owner.h"

namespace execlet::core {

// What a host is told of one.
struct SessionFacts {
  std::string id;
  std::string executor;
  std::string backend;
  bool busy = false;        // something runs in it, or opens its instance
  std::size_t waiting = 0;  // runs that wait for their turn
  Nanoseconds age{};        // of its instance
  Nanoseconds idle{};       // since its last run; 0 if busy
};

class Session final : public InstanceSource, public Alarm, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<SessionOwner> owner, std::string id);
  ~Session() override;

  const std::string &id() const { return id_; }
  const std::shared_ptr<SessionOwner> &owner() const { return owner_; }

  void line_up(const CallContext &holder, const std::weak_ptr<Stoppable> &who) override;
  // Waits for its turn. A request whose instance would have to be opened with other limits is refused, and so is one
  // that would need an instance more than the owner may have.
  LeaseAnswer lease(const InstanceKey &key, const LeaseCall &call) override;
  LeaseAnswer replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) override;
  void give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) override;
  void abandon(const CallContext &holder) override;
  // Does not wait for somebody else's turn: what is in use is open.
  LeaseAnswer warm_up(const LeaseCall &call) override;
  // What was in it is lost then; it can be used again.
  void close_all() override;
  std::string session_name() const override { return id_; }

  // Tells those who run in it or wait for it to stop. Returns when they have ended if their plugin obeys.
  TimePoint stop_users(StopCause cause);
  // Closes it for good: whoever comes later is refused. Returns as stop_users.
  TimePoint end(StopCause cause);
  // False if somebody is still in it, or its instance is still being closed, at `limit`, or if a plugin does not let
  // an instance of it go.
  bool wait_until_gone(TimePoint limit);

  // None if it has no instance and nobody uses it.
  std::optional<SessionFacts> facts();
  // Since when it has no instance and nobody uses it.
  std::optional<TimePoint> dormant_since();

  void on_deadline() override;

 private:
  // One who holds the instance (the first) or waits for it.
  struct Turn {
    const CallContext *holder;
    std::weak_ptr<Stoppable> who;
    std::condition_variable *changed = nullptr;  // of a thread that waits
    bool leased = false;                         // has, or had, the instance
  };
  using Turns = std::list<Turn>;

  // All with the lock held.
  Turns::iterator find_turn(const CallContext &holder);
  bool has_turn(const CallContext &holder) const;
  void leave(Turns::iterator turn);
  void wait_for_turn(std::unique_lock<std::mutex> &lock, CallContext &context);
  bool take_place();
  void drop_place();
  std::unique_ptr<Instance> take_out();  // the idle instance, which is lost; null if there is none
  void opening_failed(const CallContext &holder);
  TimePoint due() const;
  void arm();
  bool is_dormant() const { return turns_.empty() && !instance_; }

  // Waits for the turn, and takes what instance there is.
  std::optional<LeaseAnswer> take_turn(const LeaseCall &call, std::unique_ptr<Instance> &instance);
  LeaseAnswer open(const InstanceKey &key, CallContext &context, TimePoint limit);
  // The lease is the holder's now; with it the news of a loss.
  LeaseAnswer hand_out(std::unique_ptr<Instance> instance, bool was_idle, const CallContext &holder);
  // Closes it in the background; null is nothing.
  void retire(std::unique_ptr<Instance> instance);
  void retired();
  Failure busy_failure() const;
  Failure closed_failure() const;

  const std::shared_ptr<SessionOwner> owner_;
  const std::string id_;

  std::mutex mutex_;
  std::condition_variable gone_;
  Turns turns_;
  std::unique_ptr<Instance> instance_;  // null while leased, or if none is open
  TimePoint opened_at_{};
  TimePoint idle_since_ = Clock::now();
  Deadlines::Id armed_;
  std::size_t retiring_ = 0;  // instances that are being closed
  std::size_t given_up_ = 0;  // that are left to a call that does not return
  bool has_place_ = false;    // of the owner's
  bool lost_ = false;         // what earlier runs left is gone, and nobody was told yet
  bool outdated_ = false;     // what is leased now must not come back
  bool ended_ = false;
};

}  // namespace execlet::core

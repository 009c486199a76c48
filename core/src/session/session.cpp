// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "../instance/closing.h"
#include "../values/json_words.h"

namespace execlet::core {

Session::Session(std::shared_ptr<SessionOwner> owner, std::string id) : owner_(std::move(owner)), id_(std::move(id)) {}

Session::~Session() {
  owner_->backend().services().deadlines.disarm(armed_);
  drop_place();
}

Session::Turns::iterator Session::find_turn(const CallContext &holder) {
  return std::find_if(turns_.begin(), turns_.end(), [&](const Turn &turn) { return turn.holder == &holder; });
}

bool Session::has_turn(const CallContext &holder) const {
  return !turns_.empty() && turns_.front().holder == &holder;
}

void Session::leave(Turns::iterator turn) {
  const bool was_first = turn == turns_.begin();
  turns_.erase(turn);
  idle_since_ = Clock::now();
  if (turns_.empty()) {
    gone_.notify_all();
    if (instance_) arm();
  } else if (was_first && turns_.front().changed) {
    turns_.front().changed->notify_one();
  }
}

bool Session::take_place() {
  if (!has_place_) has_place_ = owner_->take_place();
  return has_place_;
}

void Session::drop_place() {
  if (std::exchange(has_place_, false)) owner_->free_place();
}

std::unique_ptr<Instance> Session::take_out() {
  if (!instance_) return nullptr;
  if (instance_->uses() != 0) lost_ = true;
  drop_place();
  ++retiring_;
  return std::move(instance_);
}

void Session::line_up(const CallContext &holder, const std::weak_ptr<Stoppable> &who) {
  const std::lock_guard lock(mutex_);
  turns_.push_back({&holder, who});
}

void Session::wait_for_turn(std::unique_lock<std::mutex> &lock, CallContext &context) {
  std::condition_variable changed;
  find_turn(context)->changed = &changed;
  // A hook may be called at once, and takes the lock that is held here.
  lock.unlock();
  context.set_cancel_hook([&](execlet_abi_cancel) {
    const std::lock_guard held(mutex_);  // or it could come between the waiter's look and its sleep
    changed.notify_one();
  });
  lock.lock();
  changed.wait(lock, [&] { return has_turn(context) || context.level() != EXECLET_ABI_CANCEL_NONE; });
  // It may have been given up meanwhile.
  if (const auto turn = find_turn(context); turn != turns_.end()) turn->changed = nullptr;
  lock.unlock();
  context.set_cancel_hook(nullptr);
  lock.lock();
}

std::optional<LeaseAnswer> Session::take_turn(const LeaseCall &call, std::unique_ptr<Instance> &instance) {
  std::unique_lock lock(mutex_);
  if (find_turn(call.context) == turns_.end()) turns_.push_back({&call.context, {}});
  if (!has_turn(call.context)) wait_for_turn(lock, call.context);
  const auto turn = find_turn(call.context);
  if (has_turn(call.context) && !ended_) {
    instance = std::move(instance_);
    return std::nullopt;
  }
  if (turn != turns_.end()) leave(turn);
  if (ended_) return closed_failure();
  return OpenFailure{EXECLET_ABI_CANCELLED, {}};
}

LeaseAnswer Session::lease(const InstanceKey &key, const LeaseCall &call) {
  std::unique_ptr<Instance> instance;
  if (auto refused = take_turn(call, instance)) return *std::move(refused);
  const TimePoint limit = call.turn_came();
  if (!instance) return open(key, call.context, limit);
  if (instance->key() == key) return hand_out(std::move(instance), true, call.context);
  give_back(std::move(instance), true, call.context);
  return Failure{EXECLET_REJECTED, "limits.session",
                 "session " + core::quoted(id_) +
                     " keeps its state in an instance that was opened with other limits or another network; ask for "
                     "the same, or close the session"};
}

LeaseAnswer Session::replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) {
  {
    std::unique_lock lock(mutex_);
    if (dead->uses() > 1) lost_ = true;  // more than the run that it refused
    ++retiring_;
    // It may hold what the new one needs, such as a name.
    const bool gone = close_and_wait(lock, std::move(dead), Closing::kPatience, call.context,
                                     [self = shared_from_this()] { self->retired(); });
    if (!gone) {
      opening_failed(call.context);
      return OpenFailure{EXECLET_ABI_CANCELLED, {}};
    }
    --retiring_;
  }
  return open(key, call.context, call.turn_came());
}

LeaseAnswer Session::open(const InstanceKey &key, CallContext &context, TimePoint limit) {
  {
    const std::lock_guard lock(mutex_);
    if (!take_place()) {
      if (const auto turn = find_turn(context); turn != turns_.end()) leave(turn);
      return busy_failure();
    }
  }
  OpenFailure failure;
  auto instance = Instance::open(owner_->shared_backend(), key, context, limit, failure.status, failure.error);
  if (instance) return hand_out(std::move(instance), false, context);
  const std::lock_guard lock(mutex_);
  opening_failed(context);
  return failure;
}

void Session::opening_failed(const CallContext &holder) {
  if (!has_turn(holder)) {
    --given_up_;
    return;
  }
  outdated_ = false;
  drop_place();
  leave(turns_.begin());
}

LeaseAnswer Session::hand_out(std::unique_ptr<Instance> instance, bool was_idle, const CallContext &holder) {
  const std::lock_guard lock(mutex_);
  // Else it was given up while it was being opened: what it gives back later is closed.
  if (!has_turn(holder)) return Lease{std::move(instance), was_idle, false};
  turns_.front().leased = true;
  opened_at_ = instance->opened_at();
  return Lease{std::move(instance), was_idle, std::exchange(lost_, false)};
}

void Session::give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) {
  std::unique_ptr<Instance> unwanted;
  {
    const std::lock_guard lock(mutex_);
    if (has_turn(holder)) {
      instance_ = std::move(instance);
      const bool outdated =
          std::exchange(outdated_, false) || ended_ || Clock::now() - opened_at_ >= owner_->policy().max_lifetime;
      if (!usable || outdated) unwanted = take_out();
      leave(turns_.begin());
    } else {
      --given_up_;
      ++retiring_;
      unwanted = std::move(instance);
    }
  }
  retire(std::move(unwanted));
}

void Session::abandon(const CallContext &holder) {
  const std::lock_guard lock(mutex_);
  const auto turn = find_turn(holder);
  if (turn == turns_.end()) return;
  if (turn == turns_.begin() && has_place_ && !instance_) {  // it stays with who holds it, or opens it
    ++given_up_;
    if (turn->leased) lost_ = true;
    outdated_ = false;
    drop_place();
  }
  leave(turn);
}

LeaseAnswer Session::warm_up(const LeaseCall &call) {
  {
    const std::lock_guard lock(mutex_);
    const auto own = find_turn(call.context);
    const bool others = turns_.size() > (own == turns_.end() ? 0u : 1u);
    if (!ended_ && (others || instance_)) {
      if (own != turns_.end()) leave(own);
      return Lease{};
    }
  }
  LeaseAnswer answer = lease(owner_->key(), call);
  auto *lease = std::get_if<Lease>(&answer);
  if (!lease) return answer;
  if (lease->state_lost) {  // which the next run is to be told
    const std::lock_guard lock(mutex_);
    lost_ = true;
  }
  give_back(std::move(lease->instance), true, call.context);
  return answer;
}

void Session::close_all() {
  std::unique_ptr<Instance> closing;
  {
    const std::lock_guard lock(mutex_);
    closing = take_out();
    outdated_ = has_place_;  // then somebody holds it, or opens it
  }
  retire(std::move(closing));
}

TimePoint Session::stop_users(StopCause cause) {
  std::vector<std::weak_ptr<Stoppable>> users;
  {
    const std::lock_guard lock(mutex_);
    for (const Turn &turn : turns_) users.push_back(turn.who);
  }
  Nanoseconds longest{0};
  // The last to come first: or each would begin to run, when the one before it left, only to be told.
  for (auto user = users.rbegin(); user != users.rend(); ++user) {
    if (const auto stoppable = user->lock()) longest = std::max(longest, stoppable->stop(cause));
  }
  return Clock::now() + longest;
}

TimePoint Session::end(StopCause cause) {
  std::unique_ptr<Instance> closing;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    closing = take_out();
  }
  const TimePoint limit = stop_users(cause);
  retire(std::move(closing));
  return limit;
}

bool Session::wait_until_gone(TimePoint limit) {
  std::unique_lock lock(mutex_);
  const auto gone = [this] { return turns_.empty() && retiring_ == 0; };
  return gone_.wait_until(lock, limit, gone) && given_up_ == 0;
}

void Session::retire(std::unique_ptr<Instance> instance) {
  if (!instance) return;
  Closing::begin(std::move(instance), Closing::kPatience, [self = shared_from_this()] { self->retired(); });
}

void Session::retired() {
  const std::lock_guard lock(mutex_);
  --retiring_;
  gone_.notify_all();
}

std::optional<SessionFacts> Session::facts() {
  const std::lock_guard lock(mutex_);
  if (is_dormant()) return std::nullopt;
  const TimePoint now = Clock::now();
  SessionFacts facts;
  facts.id = id_;
  facts.executor = owner_->executor();
  facts.backend = owner_->backend().manifest().name;
  facts.busy = !turns_.empty();
  facts.waiting = facts.busy ? turns_.size() - 1 : 0;
  if (instance_ || (facts.busy && turns_.front().leased)) facts.age = now - opened_at_;
  if (!facts.busy) facts.idle = now - idle_since_;
  return facts;
}

std::optional<TimePoint> Session::dormant_since() {
  const std::lock_guard lock(mutex_);
  if (!is_dormant()) return std::nullopt;
  return idle_since_;
}

void Session::on_deadline() {
  std::unique_ptr<Instance> expired;
  {
    const std::lock_guard lock(mutex_);
    armed_ = {};
    if (!instance_ || !turns_.empty()) return;  // who gives it back arms the next
    if (Clock::now() < due()) return arm();
    expired = take_out();
  }
  retire(std::move(expired));
}

TimePoint Session::due() const {
  const SessionPolicy &policy = owner_->policy();
  return std::min(later(idle_since_, policy.idle_timeout), later(opened_at_, policy.max_lifetime));
}

// One deadline serves many runs: it finds out when it fires what is due by then.
void Session::arm() {
  const TimePoint next = due();
  if (next == kNever || (armed_.number != 0 && armed_.time <= next)) return;
  const Backend &backend = owner_->backend();
  Deadlines &deadlines = backend.services().deadlines;
  deadlines.disarm(armed_);
  try {
    armed_ = deadlines.arm(next, weak_from_this());
  } catch (const std::system_error &e) {
    // Its instance then stays until the next run comes, or it is closed.
    armed_ = {};
    backend.log(EXECLET_LOG_ERROR, std::string("there is no thread for the timer: ") + e.what());
  }
}

Failure Session::busy_failure() const {
  return {EXECLET_UNAVAILABLE, "session.busy",
          "executor " + core::quoted(owner_->executor()) + " has " + std::to_string(owner_->policy().max) +
              " sessions, as many as it may; close one, try again later, or raise `session.max`",
          "{}", true};
}

Failure Session::closed_failure() const {
  return {EXECLET_CANCELLED, "session.closed", "session " + core::quoted(id_) + " was closed"};
}

}  // namespace execlet::core

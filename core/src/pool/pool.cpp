// SPDX-License-Identifier: Apache-2.0
//
// Who gets an instance, and what comes back.
#include "pool.h"

#include <algorithm>
#include <utility>

namespace execlet::core {

Pool::Pool(std::shared_ptr<Backend> backend, const PoolPolicy &policy)
    : backend_(std::move(backend)), policy_(policy), pace_(policy.processors) {}

Pool::~Pool() {
  backend_->services().deadlines.disarm(armed_);
}

class Pool::Opening {
 public:
  explicit Opening(Pool &pool) : pool_(pool) {}
  Opening(const Opening &) = delete;
  Opening &operator=(const Opening &) = delete;
  ~Opening() {
    const std::lock_guard lock(pool_.mutex_);
    const TimePoint now = Clock::now();
    pool_.pace_.end_opening(now - begin_);
    std::unique_ptr<Instance> none;
    if (pool_.policy_.limited() || !pool_.pace_.room(now) || !pool_.line_.hand_over(none)) return;
    pool_.pace_.begin_opening();
    ++pool_.places_;
  }

 private:
  Pool &pool_;
  const TimePoint begin_ = Clock::now();
};

LeaseAnswer Pool::lease(const InstanceKey &key, const LeaseCall &call) {
  std::unique_ptr<Instance> instance;
  if (Refusal refused = take_place(key, call, instance)) return *std::move(refused);
  std::optional<Opening> opening;
  if (!instance) opening.emplace(*this);
  open_spares();
  const TimePoint limit = call.turn_came();
  if (instance && instance->key() == key && instance->reset(call.context, limit))
    return Lease{std::move(instance), true, false};
  return open(std::move(instance), key, call.context, limit);
}

LeaseAnswer Pool::replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) {
  return open(std::move(dead), key, call.context, call.turn_came());
}

Pool::Refusal Pool::take_place(const InstanceKey &key, const LeaseCall &call, std::unique_ptr<Instance> &instance) {
  std::unique_lock lock(mutex_);
  // Whoever has a place, or waits for one, can be noted, and his instance kept, without asking for memory then.
  holders_.reserve(holders_.size() + line_.size() + 1);
  idle_.reserve(places_ + line_.size() + 1);
  // The command line runs one request and is gone: instances for a second one would be for nobody.
  if (std::exchange(leased_before_, true)) spares_wanted_ = true;
  instance = take_idle(key);
  if (!instance) {
    Refusal refused = policy_.limited() ? take_limited(lock, key, call.context, instance)
                                        : take_unlimited(lock, key, call.context, instance);
    if (refused) return refused;
  }
  holders_.push_back(&call.context);
  return std::nullopt;
}

// A free place, else the place of an idle instance of another key, else what the next one gives back.
Pool::Refusal Pool::take_limited(std::unique_lock<std::mutex> &lock, const InstanceKey &key, CallContext &context,
                                 std::unique_ptr<Instance> &instance) {
  if (places_ < policy_.max) {
    ++places_;
  } else if (!idle_.empty()) {
    instance = std::move(idle_.front().instance);
    idle_.erase(idle_.begin());
  } else {
    const TimePoint limit = Clock::now() + policy_.max_wait;
    switch (line_.wait(
        lock, context, key, [limit] { return limit; }, instance)) {
      case WaitingLine::End::kServed:
        break;
      case WaitingLine::End::kStopped:
        return OpenFailure{EXECLET_ABI_CANCELLED, {}};
      case WaitingLine::End::kTimedOut:
        return busy();
    }
  }
  if (!instance) pace_.begin_opening();
  return std::nullopt;
}

Pool::Refusal Pool::take_unlimited(std::unique_lock<std::mutex> &lock, const InstanceKey &key, CallContext &context,
                                   std::unique_ptr<Instance> &instance) {
  const TimePoint since = Clock::now();
  const auto limit = [this, since, ahead = line_.size()] { return pace_.wait_until(since, ahead, Clock::now()); };
  if (backend_->reusable() && limit() > since) {
    switch (line_.wait(lock, context, key, limit, instance)) {
      case WaitingLine::End::kServed:
        return std::nullopt;
      case WaitingLine::End::kStopped:
        return OpenFailure{EXECLET_ABI_CANCELLED, {}};
      case WaitingLine::End::kTimedOut:
        break;
    }
  }
  pace_.begin_opening();
  ++places_;
  return std::nullopt;
}

Failure Pool::busy() const {
  return {EXECLET_UNAVAILABLE, "pool.busy",
          "all " + std::to_string(policy_.max) +
              " instances of the pool stayed in use; try again later, or raise `pool.max` or `pool.max_wait`",
          "{}", true};
}

std::unique_ptr<Instance> Pool::take_idle(const InstanceKey &key) {
  // A clean one if there is any, else the one used last, whose memory is warmest.
  auto found = idle_.rend();
  for (auto entry = idle_.rbegin(); entry != idle_.rend(); ++entry) {
    if (!(entry->instance->key() == key)) continue;
    if (found == idle_.rend()) found = entry;
    if (entry->instance->clean()) {
      found = entry;
      break;
    }
  }
  if (found == idle_.rend()) return nullptr;
  std::unique_ptr<Instance> instance = std::move(found->instance);
  idle_.erase(std::next(found).base());
  return instance;
}

LeaseAnswer Pool::open(std::unique_ptr<Instance> instead_of, const InstanceKey &key, CallContext &context,
                       TimePoint limit) {
  OpenFailure failure{EXECLET_ABI_CANCELLED, {}};
  if (!make_room(std::move(instead_of), context)) return failure;
  auto instance = Instance::open(backend_, key, context, limit, failure.status, failure.error);
  if (instance) return Lease{std::move(instance), false, false};
  abandon(context);
  return failure;
}

// Where there is a limit the new one takes the place of the old one, which must be gone by then.
bool Pool::make_room(std::unique_ptr<Instance> old, CallContext &context) {
  if (!old) return true;
  if (!policy_.limited()) {
    close_in_background(std::move(old));
    return true;
  }
  std::unique_lock lock(mutex_);
  const bool gone = close_and_wait(lock, std::move(old), policy_.close_time, context,
                                   [self = shared_from_this()] { self->free_place(); });
  // The place stays with what is being closed, also if the holder was abandoned with it meanwhile.
  if (!gone && !holds_no_more(context)) ++places_;
  return gone;
}

void Pool::give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) {
  const TimePoint now = Clock::now();
  const bool again = usable && backend_->reusable() && !worn_out(*instance, now);
  {
    std::unique_lock lock(mutex_);
    if (!holds_no_more(holder)) {
      lock.unlock();
      return close_in_background(std::move(instance));
    }
    if (again) {
      pace_.came_back(now);
      instance = keep_or_return(std::move(instance), epoch_);
    }
  }
  retire(std::move(instance));
}

std::size_t Pool::waiting() {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

void Pool::abandon(const CallContext &holder) {
  {
    const std::lock_guard lock(mutex_);
    if (!holds_no_more(holder)) return;
  }
  free_place();
}

bool Pool::holds_no_more(const CallContext &holder) {
  const auto found = std::find(holders_.begin(), holders_.end(), &holder);
  if (found == holders_.end()) return false;
  *found = holders_.back();
  holders_.pop_back();
  return true;
}

bool Pool::worn_out(const Instance &instance, TimePoint now) const {
  return instance.uses() >= policy_.max_uses || now - instance.opened_at() >= policy_.max_lifetime;
}

void Pool::keep(std::unique_ptr<Instance> instance, std::uint64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    instance = keep_or_return(std::move(instance), epoch);
  }
  retire(std::move(instance));
}

std::unique_ptr<Instance> Pool::keep_or_return(std::unique_ptr<Instance> instance, std::uint64_t epoch) {
  if (epoch != epoch_) return instance;  // all were closed while this one was away
  if (policy_.limited() ? line_.hand_over(instance) : line_.hand_to_its_kind(instance)) return nullptr;
  idle_.push_back({std::move(instance), Clock::now()});
  std::unique_ptr<Instance> surplus;
  if (idle_.size() > std::max(kMostIdle, policy_.max_idle)) {
    surplus = std::move(idle_.front().instance);
    idle_.erase(idle_.begin());
  }
  arm();
  return surplus;
}

void Pool::retire(std::unique_ptr<Instance> instance) {
  if (!instance) return;
  if (!policy_.limited()) {
    close_in_background(std::move(instance));
    return free_place();
  }
  // Somebody may wait for the place.
  Closing::begin(std::move(instance), policy_.close_time, [self = shared_from_this()] { self->free_place(); });
}

void Pool::free_place() {
  {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Instance> none;
    if (!policy_.limited() || !line_.hand_over(none)) --places_;
  }
  open_spares();
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "idle_instances.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace execlet::core {

IdleInstances::IdleInstances(std::shared_ptr<Backend> backend)
    : backend_(std::move(backend)), capacity_(std::max(1u, std::thread::hardware_concurrency())) {}

IdleInstances::~IdleInstances() {
  backend_->services().deadlines.disarm(armed_);
}

LeaseAnswer IdleInstances::lease(const InstanceKey &key, LeaseCall call) {
  while (std::unique_ptr<Instance> instance = take(key)) {
    if (instance->reset(call.context, call.deadline)) return Lease{std::move(instance), true};
    close_in_background(std::move(instance));
  }
  OpenFailure failure;
  auto instance = Instance::open(backend_, key, call.context, call.deadline, failure.status, failure.error);
  if (!instance) return failure;
  return Lease{std::move(instance), false};
}

void IdleInstances::give_back(std::unique_ptr<Instance> instance, bool usable) {
  if (!usable || !backend_->reusable()) return close_in_background(std::move(instance));
  keep(std::move(instance), epoch());
}

LeaseAnswer IdleInstances::warm_up(LeaseCall call) {
  LeaseAnswer answer = lease({}, call);
  if (auto *lease = std::get_if<Lease>(&answer)) keep(std::move(lease->instance), epoch());
  return answer;
}

void IdleInstances::close_all() {
  std::vector<Entry> closing;
  {
    const std::lock_guard lock(mutex_);
    closing.swap(idle_);
    ++epoch_;
    backend_->services().deadlines.disarm(std::exchange(armed_, {}));
  }
  for (Entry &entry : closing) close_in_background(std::move(entry.instance));
}

std::unique_ptr<Instance> IdleInstances::take(const InstanceKey &key) {
  const std::lock_guard lock(mutex_);
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

std::uint64_t IdleInstances::epoch() {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

void IdleInstances::keep(std::unique_ptr<Instance> instance, std::uint64_t epoch) {
  std::unique_ptr<Instance> surplus;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = Clock::now();
    idle_.push_back({std::move(instance), now});
    if (epoch != epoch_) {  // all were closed while this one was away
      surplus = std::move(idle_.back().instance);
      idle_.pop_back();
    } else if (idle_.size() > kMost) {
      surplus = std::move(idle_.front().instance);
      idle_.erase(idle_.begin());
    }
    arm(now);
  }
  close_in_background(std::move(surplus));
}

void IdleInstances::on_deadline() {
  const std::lock_guard lock(mutex_);
  armed_ = {};
  const TimePoint now = Clock::now();
  const bool due = std::any_of(idle_.begin(), idle_.end(), [&](const Entry &entry) {
    return now >= entry.since + (entry.instance->clean() ? kKeptFor : kResetAfter);
  });
  if (!due || tidying_) return arm(now);
  tidying_ = backend_->services().threads.post([self = shared_from_this()] { self->tidy_up(); });
}

// On a run thread: resets what waits for it and closes what nobody came for.
void IdleInstances::tidy_up() {
  std::vector<std::unique_ptr<Instance>> expired;
  const TimePoint now = Clock::now();
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(mutex_);
    begun = epoch_;
    for (auto entry = idle_.begin(); entry != idle_.end();) {
      if (now < entry->since + (idle_.size() > capacity_ ? kResetAfter : kKeptFor)) {
        ++entry;
        continue;
      }
      expired.push_back(std::move(entry->instance));
      entry = idle_.erase(entry);
    }
  }
  for (std::unique_ptr<Instance> &instance : expired) close_in_background(std::move(instance));
  while (std::unique_ptr<Instance> instance = take_to_clean(now)) {
    CallContext context(backend_->services().wake_fds, nullptr, nullptr);
    if (context.usable() && instance->reset(context, Clock::now() + kResetTime)) keep(std::move(instance), begun);
  }
  const std::lock_guard lock(mutex_);
  tidying_ = false;
  arm(Clock::now());
}

std::unique_ptr<Instance> IdleInstances::take_to_clean(TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const Entry &entry) {
    return !entry.instance->clean() && now >= entry.since + kResetAfter;
  });
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<Instance> instance = std::move(found->instance);
  idle_.erase(found);
  return instance;
}

void IdleInstances::arm(TimePoint now) {
  if (armed_.number != 0 || tidying_ || idle_.empty()) return;
  TimePoint next = kNever;
  for (const Entry &entry : idle_)
    next = std::min(next, std::max(now, entry.since + (entry.instance->clean() ? kKeptFor : kResetAfter)));
  armed_ = backend_->services().deadlines.arm(next, weak_from_this());
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What a pool does without being asked: instances ahead of their use, resets and ends of idle ones.
#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "pool.h"

namespace execlet::core {

LeaseAnswer Pool::warm_up(const LeaseCall &call) {
  {
    const std::lock_guard lock(mutex_);
    spares_wanted_ = true;
    ++spares_coming_;  // this one
    spare_failure_.reset();
    retry_after_ = {};  // whoever asks wants it tried now
    retry_at_ = {};
  }
  open_spares();  // the others, at the same time
  LeaseAnswer answer = lease(policy_.key, call);
  std::unique_ptr<Instance> surplus;
  std::unique_lock lock(mutex_);
  --spares_coming_;
  if (auto *lease = std::get_if<Lease>(&answer)) {
    surplus = holds_no_more(call.context) ? keep_or_return(std::move(lease->instance), epoch_) : nullptr;
    if (!spare_done_.wait_until(lock, call.turn_came(), [this] { return spares_coming_ == 0; }))
      answer = OpenFailure{EXECLET_ABI_TIMEOUT, {}};
    else if (spare_failure_)
      answer = *spare_failure_;
  }
  lock.unlock();
  retire(std::move(surplus));
  return answer;
}

void Pool::close_all() {
  std::vector<Entry> closing;
  {
    const std::lock_guard lock(mutex_);
    closing.swap(idle_);
    idle_.reserve(places_);
    ++epoch_;
    spares_wanted_ = false;
    leased_before_ = false;
    retry_after_ = {};
    retry_at_ = {};
    for (CallContext *context : opening_) context->raise(EXECLET_ABI_CANCEL_KILL);
    backend_->services().deadlines.disarm(std::exchange(armed_, {}));
  }
  for (Entry &entry : closing) retire(std::move(entry.instance));
}

// As many at once as are missing: they start concurrently.
void Pool::open_spares() {
  std::uint64_t epoch = 0;
  while (claim_spare(epoch)) {
    // Urgent, as runs may wait for it on all the threads there are.
    if (backend_->services().threads.post_urgent([self = shared_from_this(), epoch] { self->open_spare(epoch); }))
      continue;
    spare_failed({EXECLET_ABI_RESOURCE_EXHAUSTED, {"host.threads", "the host has no thread to open it on", "{}"}});
  }
}

bool Pool::claim_spare(std::uint64_t &epoch) {
  if (policy_.min_idle == 0) return false;
  const std::lock_guard lock(mutex_);
  if (!spares_wanted_ || idle_.size() + spares_coming_ >= policy_.min_idle || places_ >= policy_.max ||
      Clock::now() < retry_at_)
    return false;
  idle_.reserve(places_ + line_.size() + 1);
  ++spares_coming_;
  ++places_;
  epoch = epoch_;
  return true;
}

// On a run thread.
void Pool::open_spare(std::uint64_t epoch) {
  CallContext context(backend_->services().wake_fds, nullptr, nullptr);
  std::list<CallContext *>::iterator position;
  {
    const std::lock_guard lock(mutex_);
    position = opening_.insert(opening_.end(), &context);
    if (epoch != epoch_) context.raise(EXECLET_ABI_CANCEL_KILL);
  }
  OpenFailure failure{EXECLET_ABI_RESOURCE_EXHAUSTED,
                      {"host.descriptors", "the host has no file descriptor left", "{}"}};
  std::unique_ptr<Instance> instance;
  if (context.acquire_wake_fd())
    instance =
        Instance::open(backend_, policy_.key, context, Clock::now() + policy_.open_time, failure.status, failure.error);
  {
    const std::lock_guard lock(mutex_);
    opening_.erase(position);
  }
  if (!instance) return spare_failed(failure);
  keep(std::move(instance), epoch);
  const std::lock_guard lock(mutex_);
  retry_after_ = {};
  --spares_coming_;
  spare_done_.notify_all();
}

void Pool::spare_failed(const OpenFailure &why) {
  const bool stopped = why.status == EXECLET_ABI_CANCELLED;
  if (!stopped)
    backend_->log(EXECLET_LOG_WARN, "an instance could not be opened ahead of its use: " + why.error.message);
  {
    const std::lock_guard lock(mutex_);
    if (!stopped) {
      retry_after_ = std::clamp(retry_after_ * 2, kFirstRetry, kLastRetry);
      retry_at_ = Clock::now() + retry_after_;
      spare_failure_ = why;
    }
    --spares_coming_;
    spare_done_.notify_all();
  }
  free_place();
  const std::lock_guard lock(mutex_);
  arm();
}

void Pool::on_deadline() {
  std::vector<std::unique_ptr<Instance>> expired;
  bool to_clean = false;
  {
    const std::lock_guard lock(mutex_);
    armed_ = {};
    const TimePoint now = Clock::now();
    expired = take_expired(now);
    to_clean = !cleaning_ && std::any_of(idle_.begin(), idle_.end(), [&](const Entry &entry) {
      return !entry.instance->clean() && now >= entry.since + kResetAfter;
    });
    if (to_clean) cleaning_ = true;
  }
  for (auto &instance : expired) retire(std::move(instance));
  open_spares();
  const bool posted = to_clean && backend_->services().threads.post([self = shared_from_this()] { self->clean(); });
  const std::lock_guard lock(mutex_);
  if (to_clean && !posted) cleaning_ = false;
  arm();
}

// On a run thread.
void Pool::clean() {
  std::uint64_t epoch = 0;
  while (std::unique_ptr<Instance> instance = take_to_clean(epoch)) {
    CallContext context(backend_->services().wake_fds, nullptr, nullptr);
    if (context.acquire_wake_fd() && instance->reset(context, Clock::now() + kResetTime))
      keep(std::move(instance), epoch);
    else
      retire(std::move(instance));
  }
}

std::unique_ptr<Instance> Pool::take_to_clean(std::uint64_t &epoch) {
  const std::lock_guard lock(mutex_);
  const TimePoint now = Clock::now();
  const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const Entry &entry) {
    return !entry.instance->clean() && now >= entry.since + kResetAfter;
  });
  if (found == idle_.end()) {
    cleaning_ = false;
    arm();
    return nullptr;
  }
  std::unique_ptr<Instance> instance = std::move(found->instance);
  idle_.erase(found);
  epoch = epoch_;
  return instance;
}

std::vector<std::unique_ptr<Instance>> Pool::take_expired(TimePoint now) {
  std::vector<std::unique_ptr<Instance>> expired;
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    if (now < expires(*entry)) {
      ++entry;
      continue;
    }
    expired.push_back(std::move(entry->instance));
    entry = idle_.erase(entry);
  }
  return expired;
}

TimePoint Pool::expires(const Entry &entry) const {
  const TimePoint end = later(entry.instance->opened_at(), policy_.max_lifetime);
  if (idle_.size() > policy_.max_idle) return std::min(end, entry.since + kResetAfter);
  if (idle_.size() > policy_.min_idle) return std::min(end, later(entry.since, policy_.idle_timeout));
  return end;
}

TimePoint Pool::due() const {
  TimePoint next = kNever;
  for (const Entry &entry : idle_) {
    next = std::min(next, expires(entry));
    if (!cleaning_ && !entry.instance->clean()) next = std::min(next, entry.since + kResetAfter);
  }
  if (spares_wanted_ && idle_.size() + spares_coming_ < policy_.min_idle && places_ < policy_.max)
    next = std::min(next, retry_at_);
  return next;
}

void Pool::arm() {
  const TimePoint next = due();
  if (next == kNever || (armed_.number != 0 && armed_.time <= next)) return;
  Deadlines &deadlines = backend_->services().deadlines;
  deadlines.disarm(armed_);
  try {
    armed_ = deadlines.arm(next, weak_from_this());
  } catch (const std::system_error &e) {
    // Instances then stay until the next run comes or the executor is stopped.
    armed_ = {};
    backend_->log(EXECLET_LOG_ERROR, std::string("there is no thread for the timer: ") + e.what());
  }
}

}  // namespace execlet::core

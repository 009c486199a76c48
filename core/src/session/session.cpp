// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <utility>

#include "../instance/closing.h"

namespace execlet::core {

Session::Session(std::shared_ptr<Backend> backend, InstanceKey key, std::string name)
    : backend_(std::move(backend)), key_(std::move(key)), name_(std::move(name)) {}

bool Session::take_turn(const InstanceKey &key, CallContext &context, std::unique_ptr<Instance> &instance) {
  std::unique_lock lock(mutex_);
  if (!taken_) {
    taken_ = true;
    instance = std::move(instance_);
  } else if (line_.wait(
                 lock, context, key, [] { return kNever; }, instance) != WaitingLine::End::kServed) {
    return false;
  }
  holder_ = &context;
  return true;
}

LeaseAnswer Session::lease(const InstanceKey &key, const LeaseCall &call) {
  std::unique_ptr<Instance> instance;
  if (!take_turn(key, call.context, instance)) return OpenFailure{EXECLET_ABI_CANCELLED, {}};
  const TimePoint limit = call.turn_came();
  if (!instance) return open(key, call.context, limit);
  if (instance->key() == key) return Lease{std::move(instance), true, false};
  give_back(std::move(instance), true, call.context);
  return Failure{EXECLET_REJECTED, "limits.session",
                 "session \"" + name_ +
                     "\" keeps its state in an instance that was opened with other limits or another network; ask for "
                     "the same, or end the session"};
}

LeaseAnswer Session::replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) {
  {
    // It may hold what the new one needs, such as a name.
    std::unique_lock lock(mutex_);
    const bool gone =
        close_and_wait(lock, std::move(dead), Closing::kPatience, call.context, [self = shared_from_this()] {});
    if (!gone) {
      lock.unlock();
      abandon(call.context);
      return OpenFailure{EXECLET_ABI_CANCELLED, {}};
    }
  }
  return open(key, call.context, call.turn_came());
}

LeaseAnswer Session::open(const InstanceKey &key, CallContext &context, TimePoint limit) {
  OpenFailure failure;
  auto instance = Instance::open(backend_, key, context, limit, failure.status, failure.error);
  if (!instance) {
    abandon(context);
    return failure;
  }
  const std::lock_guard lock(mutex_);
  return Lease{std::move(instance), false, std::exchange(has_state_, true)};
}

void Session::give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) {
  std::unique_ptr<Instance> closing;
  {
    const std::lock_guard lock(mutex_);
    if (holder_ != &holder || !usable) closing = std::move(instance);
    if (holder_ == &holder) {
      holder_ = nullptr;
      if (!line_.hand_over(instance)) {
        instance_ = std::move(instance);
        taken_ = false;
      }
    }
  }
  close_in_background(std::move(closing));
}

void Session::abandon(const CallContext &holder) {
  give_back(nullptr, false, holder);
}

LeaseAnswer Session::warm_up(const LeaseCall &call) {
  LeaseAnswer answer = lease(key_, call);
  if (auto *lease = std::get_if<Lease>(&answer)) give_back(std::move(lease->instance), true, call.context);
  return answer;
}

void Session::close_all() {
  std::unique_ptr<Instance> closing;
  {
    const std::lock_guard lock(mutex_);
    closing = std::move(instance_);
  }
  close_in_background(std::move(closing));
}

}  // namespace execlet::core

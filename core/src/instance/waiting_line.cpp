// SPDX-License-Identifier: Apache-2.0
#include "waiting_line.h"

#include <algorithm>
#include <utility>

namespace execlet::core {

bool WaitingLine::hand_over(std::unique_ptr<Instance> &instance) {
  if (waiting_.empty()) return false;
  serve(waiting_.begin(), instance);
  return true;
}

bool WaitingLine::hand_to_its_kind(std::unique_ptr<Instance> &instance) {
  const auto first = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Waiter *waiter) { return waiter->key == instance->key(); });
  if (first == waiting_.end()) return false;
  serve(first, instance);
  return true;
}

void WaitingLine::serve(Line::iterator position, std::unique_ptr<Instance> &instance) {
  Waiter &waiter = **position;
  waiting_.erase(position);
  waiter.instance = std::move(instance);
  waiter.served = true;
  waiter.changed.notify_one();
}

WaitingLine::End WaitingLine::wait(std::unique_lock<std::mutex> &lock, CallContext &context, const InstanceKey &key,
                                   const std::function<TimePoint()> &limit, std::unique_ptr<Instance> &instance) {
  Waiter waiter{key, {}, false, {}};
  const auto position = waiting_.insert(waiting_.end(), &waiter);
  // A hook may be called at once, and takes the lock that is held here.
  lock.unlock();
  context.set_cancel_hook([this, &waiter](execlet_abi_cancel) {
    const std::lock_guard held(owner_);  // or it could come between the waiter's look and its sleep
    waiter.changed.notify_one();
  });
  lock.lock();
  const bool served = sleep(lock, context, limit, waiter);
  if (!served) waiting_.erase(position);
  instance = std::move(waiter.instance);
  lock.unlock();
  context.set_cancel_hook(nullptr);
  lock.lock();
  if (served) return End::kServed;
  return context.level() != EXECLET_ABI_CANCEL_NONE ? End::kStopped : End::kTimedOut;
}

bool WaitingLine::sleep(std::unique_lock<std::mutex> &lock, CallContext &context,
                        const std::function<TimePoint()> &limit, Waiter &waiter) {
  while (!waiter.served && context.level() == EXECLET_ABI_CANCEL_NONE) {
    const TimePoint until = limit();
    if (until == kNever)
      waiter.changed.wait(lock);
    else if (Clock::now() >= until)
      break;
    else
      waiter.changed.wait_until(lock, until);
  }
  return waiter.served;
}

}  // namespace execlet::core

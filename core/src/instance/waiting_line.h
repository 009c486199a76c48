// SPDX-License-Identifier: Apache-2.0
//
// Those who wait for an instance, in the order they came. What becomes free is handed to the first.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "call_context.h"
#include "clock.h"
#include "instance.h"

namespace execlet::core {

// Guarded by a mutex of its owner, which every function is called with.
class WaitingLine {
 public:
  explicit WaitingLine(std::mutex &owner) : owner_(owner) {}
  WaitingLine(const WaitingLine &) = delete;
  WaitingLine &operator=(const WaitingLine &) = delete;

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

  // True if somebody waited and now has the place, with the instance in it if there is one. Else nothing is taken.
  bool hand_over(std::unique_ptr<Instance> &instance);
  // The same to the first who wants an instance of this one's key.
  bool hand_to_its_kind(std::unique_ptr<Instance> &instance);

  enum class End { kServed, kStopped, kTimedOut };
  // Gives up at a stop of the call (kStopped), or when `limit` is over, which is asked anew each time that it is. With
  // kServed the caller has a place, and `instance` is what was in it, or null.
  End wait(std::unique_lock<std::mutex> &lock, CallContext &context, const InstanceKey &key,
           const std::function<TimePoint()> &limit, std::unique_ptr<Instance> &instance);

 private:
  struct Waiter {
    const InstanceKey &key;
    std::condition_variable changed;
    bool served = false;
    std::unique_ptr<Instance> instance;
  };
  using Line = std::list<Waiter *>;  // they live on the stacks of those who wait

  void serve(Line::iterator position, std::unique_ptr<Instance> &instance);
  // With the line's lock held; true if served.
  static bool sleep(std::unique_lock<std::mutex> &lock, CallContext &context, const std::function<TimePoint()> &limit,
                    Waiter &waiter);

  std::mutex &owner_;
  Line waiting_;
};

}  // namespace execlet::core

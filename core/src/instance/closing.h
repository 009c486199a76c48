// SPDX-License-Identifier: Apache-2.0
//
// The end of an instance whose place somebody wants. It is closed on a thread of its own; a plugin that does not return
// from that keeps the thread and the instance, which is logged, but not the place.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "call_context.h"
#include "clock.h"
#include "deadlines.h"
#include "instance.h"

namespace execlet::core {

class Closing final : public Alarm {
 public:
  // What a plugin has for it, and a moment to notice that its time is over.
  static constexpr Nanoseconds kPatience = Instance::kCloseTime + std::chrono::seconds(2);

  // `over` is called once, on another thread: when the instance is closed, or `patience` has passed. It must not block.
  // Without a thread to be had the instance is closed here and now.
  static void begin(std::unique_ptr<Instance> instance, Nanoseconds patience, std::function<void()> over);

  void on_deadline() override;

 private:
  Closing(std::unique_ptr<Instance> instance, std::function<void()> over);
  void close();
  void tell();

  const std::shared_ptr<Backend> backend_;
  std::unique_ptr<Instance> instance_;  // of the thread that closes it
  std::function<void()> over_;          // of who told first
  std::atomic<bool> told_{false};
  Deadlines::Id armed_;
};

// Closes it and waits until that is over, or the call is stopped: then false, and `later` is called when it is over.
// `lock` is held again on return, and during the decision between the two; its mutex must live as long as `later`.
bool close_and_wait(std::unique_lock<std::mutex> &lock, std::unique_ptr<Instance> instance, Nanoseconds patience,
                    CallContext &context, std::function<void()> later);

}  // namespace execlet::core

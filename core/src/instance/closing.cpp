// SPDX-License-Identifier: Apache-2.0
#include "closing.h"

#include <string>
#include <system_error>
#include <utility>

#include "bounded_call.h"

namespace execlet::core {

Closing::Closing(std::unique_ptr<Instance> instance, std::function<void()> over)
    : backend_(instance->backend().shared_from_this()), instance_(std::move(instance)), over_(std::move(over)) {}

void Closing::begin(std::unique_ptr<Instance> instance, Nanoseconds patience, std::function<void()> over) {
  const std::shared_ptr<Closing> closing(new Closing(std::move(instance), std::move(over)));
  Services &services = closing->backend_->services();
  try {
    closing->armed_ = services.deadlines.arm(Clock::now() + patience, closing);
  } catch (const std::system_error &e) {
    closing->backend_->log(EXECLET_LOG_ERROR, std::string("there is no thread for the timer: ") + e.what());
  }
  const BoundedCall call(services.threads, [closing] { closing->close(); });
}

void Closing::close() {
  instance_.reset();
  if (told_.exchange(true)) return;
  backend_->services().deadlines.disarm(armed_);
  tell();
}

void Closing::on_deadline() {
  if (told_.exchange(true)) return;
  backend_->log(EXECLET_LOG_ERROR,
                "instance_close does not return; its thread is left behind with the instance, whose place is free");
  tell();
}

// What `over` holds is let go with the call.
void Closing::tell() {
  std::exchange(over_, nullptr)();
}

bool close_and_wait(std::unique_lock<std::mutex> &lock, std::unique_ptr<Instance> instance, Nanoseconds patience,
                    CallContext &context, std::function<void()> later) {
  struct Wait {
    std::condition_variable changed;
    bool over = false, left = false;
  };
  const auto wait = std::make_shared<Wait>();
  std::mutex *const owner = lock.mutex();
  lock.unlock();
  Closing::begin(std::move(instance), patience, [wait, owner, later = std::move(later)] {
    {
      const std::lock_guard held(*owner);
      wait->over = true;
      wait->changed.notify_all();
      if (!wait->left) return;
    }
    later();
  });
  context.set_cancel_hook([wait, owner](execlet_abi_cancel) {
    const std::lock_guard held(*owner);  // or it could come between the look and the sleep
    wait->changed.notify_all();
  });
  lock.lock();
  wait->changed.wait(lock, [&] { return wait->over || context.level() != EXECLET_ABI_CANCEL_NONE; });
  wait->left = !wait->over;
  lock.unlock();
  context.set_cancel_hook(nullptr);
  lock.lock();
  return !wait->left;
}

}  // namespace execlet::core

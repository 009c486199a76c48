// SPDX-License-Identifier: Apache-2.0
#include "bounded_call.h"

#include <system_error>
#include <thread>
#include <utility>

namespace execlet::core {

BoundedCall::BoundedCall(RunThreads &threads, std::function<void()> call) : state_(std::make_shared<State>()) {
  const RunThreads::Task task = [state = state_, call = std::move(call)]() mutable {
    call();
    call = nullptr;  // what it holds is released before anybody goes on
    const std::lock_guard lock(state->mutex);
    state->returned = true;
    state->changed.notify_all();
  };
  if (threads.post_urgent(task)) return;
  try {
    std::thread(task).detach();
  } catch (const std::system_error &) {
    task();
  }
}

bool BoundedCall::wait(TimePoint limit) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_until(lock, limit, [this] { return state_->returned; });
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "call_port.h"

#include <deque>
#include <utility>

namespace execlet::core {
namespace {

constexpr std::size_t kResting = 256;

// Leaky: a thread of a plugin may come along while static objects are destroyed.
struct Store {
  std::mutex mutex;
  std::deque<CallPort *> resting;
};

Store &store() {
  static auto *const store = new Store;
  return *store;
}

}  // namespace

void CallFaults::tell(Kind kind) {
  const std::shared_ptr<Services> services = services_.lock();
  if (!services || told_[kind].exchange(true)) return;
  services->log.write(EXECLET_LOG_ERROR, backend_,
                      kind == kLate
                          ? "the backend uses the context of a call that has returned; what it emits there is dropped"
                          : "the backend emits events of one call from two threads at once");
}

CallPort *CallPort::take() {
  {
    const std::lock_guard lock(store().mutex);
    if (store().resting.size() > kResting) {
      CallPort *port = store().resting.front();
      store().resting.pop_front();
      return port;
    }
  }
  return new CallPort;
}

void CallPort::give_back() {
  const std::lock_guard lock(store().mutex);
  store().resting.push_back(this);
}

void *CallPort::open(CallContext &target, std::shared_ptr<CallFaults> faults) {
  {
    const std::lock_guard lock(mutex_);
    faults_ = std::move(faults);
  }
  target_ = &target;
  const std::uint64_t call = (state_.load(std::memory_order_relaxed) >> kCallShift) + 1;
  state_.store(call << kCallShift | kOpen, std::memory_order_release);
  return reinterpret_cast<void *>(reinterpret_cast<std::uintptr_t>(this) | (call & kCallBits));
}

void CallPort::close() {
  std::uint64_t state = state_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  while ((state & kVisitors) != 0) {
    state_.wait(state, std::memory_order_acquire);
    state = state_.load(std::memory_order_acquire);
  }
}

void CallPort::tell_late() {
  std::shared_ptr<CallFaults> faults;
  {
    const std::lock_guard lock(mutex_);
    faults = faults_;
  }
  if (faults) faults->tell(CallFaults::kLate);
}

CallPort::Visit::Visit(void *ctx)
    : port_(reinterpret_cast<CallPort *>(reinterpret_cast<std::uintptr_t>(ctx) & ~kCallBits)) {
  const std::uintptr_t call = reinterpret_cast<std::uintptr_t>(ctx) & kCallBits;
  std::uint64_t state = port_->state_.load(std::memory_order_acquire);
  do {
    if ((state & kOpen) == 0 || ((state >> kCallShift) & kCallBits) != call) {
      port_->tell_late();
      return;
    }
  } while (!port_->state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel));
  target_ = port_->target_;
}

CallPort::Visit::~Visit() {
  if (target_ == nullptr) return;
  const std::uint64_t before = port_->state_.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & kOpen) == 0 && (before & kVisitors) == 1) port_->state_.notify_all();
}

}  // namespace execlet::core

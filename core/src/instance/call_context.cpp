// SPDX-License-Identifier: Apache-2.0
#include "call_context.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace execlet::core {

CallContext::CallContext(WakeFds &wake_fds, EventReceiver *receiver, InputPipe *input)
    : wake_fds_(wake_fds), port_(CallPort::take()), receiver_(receiver), input_(input) {}

CallContext::~CallContext() {
  port_->give_back();
  release_wake_fd();
}

bool CallContext::acquire_wake_fd() {
  const std::lock_guard lock(wake_mutex_);
  if (wake_fd_ >= 0) return true;
  wake_fd_ = wake_fds_.take();
  update_wake_fd();
  return wake_fd_ >= 0;
}

void CallContext::release_wake_fd() {
  const std::lock_guard lock(wake_mutex_);
  if (wake_fd_ < 0) return;
  if (wake_fd_set_) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto ignored = ::read(wake_fd_, &count, sizeof count);
    wake_fd_set_ = false;
  }
  wake_fds_.give_back(std::exchange(wake_fd_, -1));
}

Failure no_descriptor_failure() {
  return {EXECLET_UNAVAILABLE, "host.descriptors",
          std::string("the host has no file descriptor left: ") + std::strerror(errno), "{}", true};
}

CallContext::OpenCall CallContext::open_call(TimePoint deadline, std::shared_ptr<CallFaults> faults) {
  faults_ = std::move(faults);
  (void)acquire_wake_fd();
  execlet_abi_call call{};
  call.struct_size = sizeof call;
  call.wake_fd = wake_fd_;
  call.ctx = port_->open(*this, faults_);
  call.deadline_ns = to_abi_ns(deadline);
  call.emit = &CallContext::emit;
  call.cancelled = &CallContext::cancelled;
  call.read_input = &CallContext::read_input;
  return OpenCall(*this, call);
}

void CallContext::raise(execlet_abi_cancel level) {
  execlet_abi_cancel current = level_.load(std::memory_order_acquire);
  do {
    if (current >= level) return;
  } while (!level_.compare_exchange_weak(current, level, std::memory_order_acq_rel));
  {
    const std::lock_guard lock(wake_mutex_);
    update_wake_fd();
  }
  const std::lock_guard lock(hook_mutex_);
  if (hook_) hook_(level);
}

void CallContext::input_arrived() {
  const std::lock_guard lock(wake_mutex_);
  input_news_ = true;
  update_wake_fd();
}

void CallContext::set_cancel_hook(CancelHook hook) {
  const std::lock_guard lock(hook_mutex_);
  hook_ = std::move(hook);
  if (hook_ && level() != EXECLET_ABI_CANCEL_NONE) hook_(level());
}

void CallContext::update_wake_fd() {
  const bool wanted = level() > seen_level_ || input_news_;
  if (wake_fd_ < 0 || wanted == wake_fd_set_) return;
  std::uint64_t count = 1;
  const auto done = wanted ? ::write(wake_fd_, &count, sizeof count) : ::read(wake_fd_, &count, sizeof count);
  if (done == sizeof count) wake_fd_set_ = wanted;
}

execlet_abi_status CallContext::emit(void *ctx, const execlet_abi_event *event) noexcept {
  const CallPort::Visit visit(ctx);
  return visit.target() != nullptr ? visit.target()->receive(*event) : EXECLET_ABI_CANCELLED;
}

execlet_abi_status CallContext::receive(const execlet_abi_event &event) {
  if (receiver_ != nullptr) {
    // The receiver keeps them apart; that they overlap is the plugin's mistake all the same.
    if (emitting_.exchange(true, std::memory_order_acquire) && faults_) faults_->tell(CallFaults::kOverlapping);
    try {
      receiver_->receive(event);
    } catch (const std::bad_alloc &) {
      event_lost_ = true;  // nothing may be thrown at a plugin
      raise(EXECLET_ABI_CANCEL_KILL);
    }
    emitting_.store(false, std::memory_order_release);
  }
  return level() == EXECLET_ABI_CANCEL_NONE ? EXECLET_ABI_OK : EXECLET_ABI_CANCELLED;
}

execlet_abi_cancel CallContext::cancelled(void *ctx) {
  const CallPort::Visit visit(ctx);
  if (visit.target() == nullptr) return EXECLET_ABI_CANCEL_KILL;
  CallContext &call = *visit.target();
  if (!call.wake_fd_set_) return call.level();
  const std::lock_guard lock(call.wake_mutex_);
  call.seen_level_ = call.level();
  call.input_news_ = false;
  call.update_wake_fd();
  return call.seen_level_;
}

execlet_abi_status CallContext::read_input(void *ctx, char *buffer, uint64_t capacity, uint64_t *size) {
  *size = 0;
  const CallPort::Visit visit(ctx);
  if (visit.target() == nullptr || visit.target()->input_ == nullptr) return EXECLET_ABI_NOT_FOUND;
  CallContext &call = *visit.target();
  std::size_t got = 0;
  const InputPipe::Read read = call.input_->read(buffer, capacity, got);
  *size = got;
  {
    // What is left after a read is news again, or a plugin that reads once per wake-up would miss it.
    const std::lock_guard lock(call.wake_mutex_);
    call.input_news_ = read != InputPipe::Read::kEnd && call.input_->readable();
    call.update_wake_fd();
  }
  return read == InputPipe::Read::kEnd ? EXECLET_ABI_NOT_FOUND : EXECLET_ABI_OK;
}

}  // namespace execlet::core

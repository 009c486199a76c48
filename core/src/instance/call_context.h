// SPDX-License-Identifier: Apache-2.0
//
// The host's side of execlet_abi_call: what a plugin sees of the request to stop, of the input, and where its events
// go. One serves all calls of one execution in turn.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "../base/result.h"
#include "call_port.h"
#include "clock.h"
#include "execlet/plugin.h"
#include "input_pipe.h"
#include "wake_fds.h"

namespace execlet::core {

// Receives what a plugin emits.
class EventReceiver {
 public:
  virtual void receive(const execlet_abi_event &event) = 0;

 protected:
  ~EventReceiver() = default;
};

// raise and input_arrived: any thread. The rest: the thread that makes the calls.
class CallContext {
 public:
  // `receiver` and `input` may be null: events are dropped, the input is empty.
  CallContext(WakeFds &wake_fds, EventReceiver *receiver, InputPipe *input);
  CallContext(const CallContext &) = delete;
  CallContext &operator=(const CallContext &) = delete;
  ~CallContext();

  // Takes the descriptor that wakes the plugin, unless it has one. False if there is none to be had; errno says why. A
  // call without one goes on: it can be stopped still, by asking.
  bool acquire_wake_fd();
  // Between calls: what only waits or has ended holds no descriptor.
  void release_wake_fd();
  // The table for one call, which ends with the returned object. `faults` may be null.
  class OpenCall;
  OpenCall open_call(TimePoint deadline, std::shared_ptr<CallFaults> faults);

  // Asks the running call and all later ones to stop; never weaker than before.
  void raise(execlet_abi_cancel level);
  execlet_abi_cancel level() const { return level_.load(std::memory_order_acquire); }
  // The input has something new, or its end.
  void input_arrived();
  // True if an event could not be taken, for lack of memory.
  bool event_lost() const { return event_lost_; }

  // `hook` is called, on the thread that asks, for every stronger stop from now on, and at once if one was asked for
  // already. After the call with an empty one returns, the hook before is neither running nor called any more.
  using CancelHook = std::function<void(execlet_abi_cancel level)>;
  void set_cancel_hook(CancelHook hook);

 private:
  static execlet_abi_status emit(void *ctx, const execlet_abi_event *event) noexcept;
  static execlet_abi_cancel cancelled(void *ctx);
  static execlet_abi_status read_input(void *ctx, char *buffer, uint64_t capacity, uint64_t *size);

  execlet_abi_status receive(const execlet_abi_event &event);
  void update_wake_fd();  // with wake_mutex_ held

  WakeFds &wake_fds_;
  CallPort *const port_;
  std::shared_ptr<CallFaults> faults_;
  std::atomic<bool> emitting_{false};
  std::atomic<bool> event_lost_{false};
  EventReceiver *const receiver_;
  InputPipe *const input_;

  std::atomic<execlet_abi_cancel> level_{EXECLET_ABI_CANCEL_NONE};
  std::atomic<bool> wake_fd_set_{false};
  std::mutex wake_mutex_;
  int wake_fd_ = -1;
  execlet_abi_cancel seen_level_ = EXECLET_ABI_CANCEL_NONE;
  bool input_news_ = false;

  std::mutex hook_mutex_;  // held while the hook runs, which never blocks
  CancelHook hook_;
};

class CallContext::OpenCall {
 public:
  OpenCall(CallContext &context, const execlet_abi_call &call) : context_(context), call_(call) {}
  OpenCall(const OpenCall &) = delete;
  OpenCall &operator=(const OpenCall &) = delete;
  // Waits for a thread of the plugin that is still inside emit; what comes later is dropped.
  ~OpenCall() { context_.port_->close(); }

  const execlet_abi_call *get() const { return &call_; }

 private:
  CallContext &context_;
  const execlet_abi_call call_;
};

// acquire_wake_fd was false; by errno.
Failure no_descriptor_failure();

}  // namespace execlet::core

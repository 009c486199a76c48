// SPDX-License-Identifier: Apache-2.0
//
// A run that goes on in the background.
// Include <execlet/execlet.hpp>, not this file.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "execlet.h"
#include "request.hpp"
#include "result.hpp"

namespace execlet {

namespace detail {

// Where the events of one execution go. An exception must not pass through C: it is kept here and cancels the run.
struct EventSink {
  std::function<void(const Event &)> on_event;
  std::exception_ptr thrown;

  static void receive(void *ctx, execlet_execution *execution, const execlet_event *event) noexcept {
    auto *self = static_cast<EventSink *>(ctx);
    if (self->thrown) {
      return;
    }
    try {
      self->on_event(Event(execution, event));
    } catch (...) {
      self->thrown = std::current_exception();
      execlet_execution_cancel(execution);
    }
  }
  execlet_event_fn function() const noexcept { return on_event ? &receive : nullptr; }
  void rethrow() const {
    if (thrown) {
      std::rethrow_exception(thrown);
    }
  }
};

struct ExecutionState {
  EventSink sink;
  execlet_execution *handle = nullptr;

  ExecutionState() = default;
  ExecutionState(const ExecutionState &) = delete;
  ExecutionState &operator=(const ExecutionState &) = delete;
  ~ExecutionState() { execlet_execution_free(handle); }
};

}  // namespace detail

// A run that goes on in the background. Move-only. Destroying one that still runs cancels it and waits for its end.
// A moved-from Execution can only be assigned or destroyed.
class Execution {
 public:
  // Waits for the end.
  void wait() const { execlet_execution_wait(state_->handle, -1); }
  // Waits at most `time`; true if it has ended.
  bool wait_for(Seconds time) const {
    return execlet_execution_wait(state_->handle, time.count() > 0 ? time.count() : 0) != 0;
  }
  // Asks it to end, at any phase, any number of times; returns at once. No effect after the end. Never throws.
  void cancel() const noexcept { execlet_execution_cancel(state_->handle); }
  // Waits for the end. Throws what the event callback threw, if it threw.
  Result result() const {
    const execlet_result *result = execlet_execution_result(state_->handle);
    state_->sink.rethrow();
    return detail::read_result(std::shared_ptr<const execlet_result>(state_, result));
  }
  std::string id() const { return execlet_execution_id(state_->handle); }

  // Gives the program input; needs Request::open_stdin. Waits until the program took enough of it. False if the
  // execution ended meanwhile. Calls of one execution must not overlap.
  bool write_stdin(std::string_view data) const {
    return execlet_execution_write_stdin(state_->handle, data.data(), data.size(), 0) == EXECLET_OK;
  }
  // Ends the input. False if the execution ended meanwhile.
  bool close_stdin() const { return execlet_execution_write_stdin(state_->handle, nullptr, 0, 1) == EXECLET_OK; }

  Execution(Execution &&) noexcept = default;
  Execution &operator=(Execution &&) noexcept = default;

 private:
  friend class Executor;
  explicit Execution(std::shared_ptr<detail::ExecutionState> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::ExecutionState> state_;
};

}  // namespace execlet

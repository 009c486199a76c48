// SPDX-License-Identifier: Apache-2.0
#include <execlet/execlet.h>

#include <cmath>
#include <memory>
#include <string_view>
#include <utility>

#include "../runtime/result_json.h"
#include "guard.h"
#include "handles.h"

using namespace execlet::core;

namespace {

constexpr double kLongestWait = 1e7;

// What a caller gets when there is no memory for a result of his own; never freed.
RunResult &out_of_memory_result() {
  static RunResult &result = *[] {
    auto *made = new RunResult;
    set_failure(*made, {EXECLET_INTERNAL_ERROR, "memory.exhausted", "out of memory"});
    return made;
  }();
  return result;
}

TimePoint wait_limit(double seconds) {
  if (seconds < 0 || std::isnan(seconds) || seconds > kLongestWait) return kNever;
  return Clock::now() + to_nanoseconds(seconds);
}

}  // namespace

execlet_result *execlet_executor_execute(execlet_executor *executor, const execlet_request *request,
                                         execlet_event_fn on_event, void *event_ctx) {
  try {
    // Borrowed, not copied: the request outlives this call.
    const std::shared_ptr<const Request> borrowed(std::shared_ptr<void>(), &request->request);
    execlet_execution handle;
    handle.execution = executor->executor->begin(borrowed, {on_event, event_ctx, &handle});
    handle.execution->run();
    return reinterpret_cast<execlet_result *>(new RunResult(std::move(handle.execution->result())));
  } catch (...) {
    return reinterpret_cast<execlet_result *>(&out_of_memory_result());
  }
}

execlet_execution *execlet_executor_submit(execlet_executor *executor, const execlet_request *request,
                                           execlet_event_fn on_event, void *event_ctx) {
  try {
    auto handle = std::make_unique<execlet_execution>();
    auto copy = std::make_shared<const Request>(request->request);
    handle->execution = executor->executor->begin(std::move(copy), {on_event, event_ctx, handle.get()});
    executor->executor->submit(handle->execution);
    return handle.release();
  } catch (...) {
    return nullptr;
  }
}

int execlet_execution_wait(execlet_execution *execution, double seconds) {
  return execution->execution->wait(wait_limit(seconds)) ? 1 : 0;
}

void execlet_execution_cancel(execlet_execution *execution) {
  execution->execution->cancel();
}

const char *execlet_execution_id(const execlet_execution *execution) {
  return execution->execution->id().c_str();
}

execlet_status execlet_execution_write_stdin(execlet_execution *execution, const void *data, size_t size, int close) {
  return guarded(nullptr, [&]() -> Result<void> {
    const std::string_view bytes =
        size == 0 ? std::string_view() : std::string_view(static_cast<const char *>(data), size);
    const bool taken = execution->execution->write_input(bytes);
    if (close != 0) execution->execution->end_input();
    if (taken) return {};
    return Failure{EXECLET_CANCELLED, "run.ended", "the execution has ended or its input was closed"};
  });
}

const execlet_result *execlet_execution_result(execlet_execution *execution) {
  return handle_of(execution->execution->result());
}

void execlet_execution_free(execlet_execution *execution) {
  if (!execution) return;
  execution->execution->cancel();
  execution->execution->wait(kNever);
  delete execution;
}

void execlet_result_free(execlet_result *result) {
  auto *owned = reinterpret_cast<RunResult *>(result);
  if (owned != &out_of_memory_result()) delete owned;
}

execlet_text *execlet_event_json(const execlet_event *event) {
  return text_from([&] { return event_json(*event); });
}

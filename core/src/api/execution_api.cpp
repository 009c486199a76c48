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

// Why nothing can be run.
Result<void> check_arguments(const execlet_executor *executor, const execlet_request *request) {
  if (auto usable = check_handle(executor, "executor"); !usable) return usable;
  if (!request) return null_argument("request");
  return {};
}

std::unique_ptr<RunResult> refused(Failure failure) {
  auto result = std::make_unique<RunResult>();
  set_failure(*result, std::move(failure));
  return result;
}

Failure ended_failure() {
  return {EXECLET_CANCELLED, "run.ended", "the execution has ended or its input was closed"};
}

// There is something to wait for and to stop.
bool runs_here(const execlet_execution *execution) {
  return is_usable(execution) && execution->execution;
}

TimePoint wait_limit(double seconds) {
  if (seconds < 0 || std::isnan(seconds) || seconds > kLongestWait) return kNever;
  return Clock::now() + to_nanoseconds(seconds);
}

}  // namespace

execlet_result *execlet_executor_execute(execlet_executor *executor, const execlet_request *request,
                                         execlet_event_fn on_event, void *event_ctx) {
  try {
    if (auto fit = check_arguments(executor, request); !fit)
      return reinterpret_cast<execlet_result *>(refused(std::move(fit).failure()).release());
    // Borrowed, not copied: the request outlives this call.
    const std::shared_ptr<const Request> borrowed(std::shared_ptr<void>(), &request->request);
    execlet_execution handle;
    handle.execution = executor->executor->begin(borrowed, {on_event, event_ctx, &handle});
    handle.execution->run();
    return reinterpret_cast<execlet_result *>(new RunResult(std::move(handle.execution->result())));
  } catch (...) {
    return reinterpret_cast<execlet_result *>(&result_without_memory());
  }
}

execlet_execution *execlet_executor_submit(execlet_executor *executor, const execlet_request *request,
                                           execlet_event_fn on_event, void *event_ctx) {
  try {
    auto handle = std::make_unique<execlet_execution>();
    if (auto fit = check_arguments(executor, request); !fit) {
      handle->refused = refused(std::move(fit).failure());
      return handle.release();
    }
    auto copy = std::make_shared<const Request>(request->request);
    handle->execution = executor->executor->begin(std::move(copy), {on_event, event_ctx, handle.get()}, Ask::kLater);
    executor->executor->submit(handle->execution);
    return handle.release();
  } catch (...) {
    return nullptr;
  }
}

int execlet_execution_wait(execlet_execution *execution, double seconds) {
  return !runs_here(execution) || execution->execution->wait(wait_limit(seconds)) ? 1 : 0;
}

void execlet_execution_cancel(execlet_execution *execution) {
  if (runs_here(execution)) execution->execution->cancel();
}

const char *execlet_execution_id(const execlet_execution *execution) {
  return execution && execution->execution ? execution->execution->id().c_str() : "";
}

execlet_status execlet_execution_write_stdin(execlet_execution *execution, const void *data, size_t size, int close) {
  return guarded(nullptr, [&]() -> Result<void> {
    if (auto usable = check_handle(execution, "execution"); !usable) return usable;
    if (!data && size != 0) return null_argument("data");
    if (!execution->execution) return ended_failure();
    const std::string_view bytes =
        size == 0 ? std::string_view() : std::string_view(static_cast<const char *>(data), size);
    const bool taken = execution->execution->write_input(bytes);
    if (close != 0) execution->execution->end_input();
    if (taken) return {};
    return ended_failure();
  });
}

const execlet_result *execlet_execution_result(execlet_execution *execution) {
  if (!execution) return handle_of(result_of_nothing());
  if (execution->mark.foreign()) return handle_of(result_after_fork());
  return handle_of(execution->refused ? *execution->refused : execution->execution->result());
}

void execlet_execution_free(execlet_execution *execution) {
  if (!is_usable(execution)) return;  // in a child of a fork it stays: the thread that runs it is the parent's
  if (execution->execution) {
    execution->execution->cancel();
    execution->execution->wait(kNever);
  }
  delete execution;
}

void execlet_result_free(execlet_result *result) {
  auto *owned = reinterpret_cast<RunResult *>(result);
  if (owned != &result_without_memory()) delete owned;
}

execlet_text *execlet_event_json(const execlet_event *event) {
  if (!event) return nullptr;
  return text_from([&] { return event_json(*event); });
}

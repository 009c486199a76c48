// SPDX-License-Identifier: Apache-2.0
//
// What the opaque handles of execlet.h are, and what a call needs of the ones that it is given.
#pragma once

#include <execlet/execlet.h>

#include <memory>
#include <string>
#include <string_view>

#include "../base/result.h"
#include "../runtime/execution.h"
#include "../runtime/executor.h"
#include "../runtime/request.h"
#include "../runtime/run_result.h"
#include "../runtime/runtime.h"
#include "fork_mark.h"

struct execlet_error {
  execlet::core::Failure failure;
};

struct execlet_text {
  std::string text;
};

struct execlet_runtime {
  std::unique_ptr<execlet::core::Runtime> runtime;
  execlet::core::ForkMark mark;
};

struct execlet_executor {
  std::shared_ptr<execlet::core::Executor> executor;
  execlet::core::ForkMark mark;
};

struct execlet_request {
  execlet::core::Request request;
};

struct execlet_execution {
  std::shared_ptr<execlet::core::Execution> execution;  // null if it was refused before there was one
  std::unique_ptr<execlet::core::RunResult> refused;
  execlet::core::ForkMark mark;
};

namespace execlet::core {

Failure null_argument(std::string_view name);
Failure forked_failure();

// A handle that is there and of this process.
template <class Handle>
Result<void> check_handle(const Handle *handle, std::string_view name) {
  if (!handle) return null_argument(name);
  if (handle->mark.foreign()) return forked_failure();
  return {};
}
template <class Handle>
bool is_usable(const Handle *handle) {
  return handle && !handle->mark.foreign();
}

// What a caller gets when there is no memory for a result of his own; never freed.
RunResult &result_without_memory();
// What is read of NULL, and of an execution that stayed in the parent.
const RunResult &result_of_nothing();
const RunResult &result_after_fork();

// A result handle is the result itself: blocks are handles too, without being allocated one by one.
inline const RunResult &result_of(const execlet_result *handle) {
  return handle ? *reinterpret_cast<const RunResult *>(handle) : result_of_nothing();
}
inline const execlet_result *handle_of(const RunResult &result) {
  return reinterpret_cast<const execlet_result *>(&result);
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What the opaque handles of execlet.h are.
#pragma once

#include <execlet/execlet.h>

#include <memory>
#include <string>

#include "../base/result.h"
#include "../runtime/execution.h"
#include "../runtime/executor.h"
#include "../runtime/request.h"
#include "../runtime/run_result.h"
#include "../runtime/runtime.h"

struct execlet_error {
  execlet::core::Failure failure;
};

struct execlet_text {
  std::string text;
};

struct execlet_runtime {
  std::unique_ptr<execlet::core::Runtime> runtime;
};

struct execlet_executor {
  std::shared_ptr<execlet::core::Executor> executor;
};

struct execlet_request {
  execlet::core::Request request;
};

struct execlet_execution {
  std::shared_ptr<execlet::core::Execution> execution;
};

namespace execlet::core {

// A result handle is the result itself: blocks are handles too, without being allocated one by one.
inline const RunResult &result_of(const execlet_result *handle) {
  return *reinterpret_cast<const RunResult *>(handle);
}
inline const execlet_result *handle_of(const RunResult &result) {
  return reinterpret_cast<const execlet_result *>(&result);
}

}  // namespace execlet::core

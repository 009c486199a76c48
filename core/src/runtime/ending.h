// SPDX-License-Identifier: Apache-2.0
//
// From what a plugin answered to the words of a result: status, exit code, limits, and one line that says why.
#pragma once

#include <optional>
#include <string>

#include "../instance/status_table.h"
#include "../loader/plugin_error.h"
#include "execlet/plugin.h"
#include "prepared_request.h"
#include "run_result.h"

namespace execlet::core {

struct StepEnd {
  execlet_abi_status status = EXECLET_ABI_OK;
  execlet_abi_result answer{};  // all zero if the step was not run
  PluginError error;
  StopCause cause = StopCause::kNone;
  std::string user_error;         // "NameError: …"
  std::uint64_t measured_ns = 0;  // since user code started, by the core's own clock
};

// Completes `result`, which holds what the events left, for one step of `request`.
void conclude(RunResult &result, const StepEnd &end, const PreparedRequest &request, const Manifest &manifest,
              Nanoseconds start_timeout);

// What a stop says for itself; `timeout` and the like come from the request.
Failure failure_of_stop(StopCause cause, bool started, const PreparedRequest &request, Nanoseconds start_timeout);

}  // namespace execlet::core

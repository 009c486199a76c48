// SPDX-License-Identifier: Apache-2.0
//
// The one table from what a plugin answers (status of the call, outcome of the code) to the status of a result.
// docs/errors.md publishes it.
#pragma once

#include <execlet/execlet.h>

#include <string>
#include <string_view>

#include "../base/result.h"
#include "../loader/plugin_error.h"
#include "execlet/plugin.h"

namespace execlet::core {

// Why the core asked a call to stop.
enum class StopCause { kNone, kCaller, kClosing, kSessionClosed, kTimeout, kDeadline, kStartTimeout };

struct CallEnd {
  execlet_abi_status status = EXECLET_ABI_OK;
  execlet_abi_outcome outcome = EXECLET_ABI_OUTCOME_NONE;
  bool started = false;  // user code had begun
  StopCause cause = StopCause::kNone;
  bool exit_ok = false;  // outcome EXITED with code 0
};

execlet_status status_of(const CallEnd &end);

// The failure of a call that did not return OK. What the plugin said comes first; a reason and a message are always
// there. Messages of stops (time, cancel) are left to the caller, who knows the figures.
Failure failure_of_call(const CallEnd &end, const PluginError &error, std::string_view backend);

// What is answered once the runtime is closed.
Failure closed_failure();

std::string_view status_name(execlet_status status);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Calls a plugin's `init`, once per process and before there is any runtime, so with a host that offers what exists
// without one: helper programs are found, log lines are dropped.
#pragma once

#include <chrono>
#include <string>

#include "../base/result.h"
#include "execlet/plugin.h"

namespace execlet::core {

// OK if there is no init. Fails with the plugin's own reason and message, "load.init", or "plugin.exception".
Result<void> init_plugin(const execlet_abi_plugin &table, const std::string &file);

// The same on another thread, which is left behind if init does not return within `bound`: "load.hang". `table` must
// live as long as the process.
Result<void> init_plugin_within(const execlet_abi_plugin &table, const std::string &file,
                                std::chrono::milliseconds bound);

}  // namespace execlet::core

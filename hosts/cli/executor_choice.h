// SPDX-License-Identifier: Apache-2.0
//
// From flags, environment and configuration to an executor.
#pragma once

#include <execlet/execlet.hpp>

#include "command_line.h"

namespace execlet::cli {

// Log lines of EXECLET_LOG's level (default warn) go to stderr.
Runtime open_runtime(const CommonOptions &options);
// The same without a log.
Runtime open_quietly(const CommonOptions &options);

// -b, -e, $EXECLET_EXECUTOR, the configuration's default; without a configuration `local` is an executor too, and the
// default. Loads the plugin.
Executor choose_executor(const Runtime &runtime, const ExecutorOptions &options);

}  // namespace execlet::cli

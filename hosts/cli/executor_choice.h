// SPDX-License-Identifier: Apache-2.0
//
// From flags, environment and configuration to an executor.
#pragma once

#include <execlet/execlet.hpp>

#include <initializer_list>
#include <string_view>

#include "command_line.h"

namespace execlet::cli {

// Log lines of EXECLET_LOG's level (default warn) go to stderr, and what is wrong with a --plugin-dir.
Runtime open_runtime(const CommonOptions &options);
// The same for what tells of directories by itself.
Runtime open_with_log(const CommonOptions &options);
// Without a word.
Runtime open_quietly(const CommonOptions &options);
// One line for each directory of these origins that is not searched: most often it is misspelt, and another backend of
// the same name would be used without a word.
void warn_of_unused_directories(const Runtime &runtime, std::initializer_list<std::string_view> origins);

// -b, -e, $EXECLET_EXECUTOR, the configuration's default; without a configuration `local` is an executor too, and the
// default. Loads the plugin.
Executor choose_executor(const Runtime &runtime, const ExecutorOptions &options);

}  // namespace execlet::cli

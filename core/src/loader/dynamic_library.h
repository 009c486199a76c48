// SPDX-License-Identifier: Apache-2.0
//
// Maps a shared library into this process, for good, and finds the entry function of our ABI in it. The only user of
// Boost.DLL; both the core and the probe program load through it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../base/result.h"
#include "execlet/plugin.h"

namespace execlet::core {

// `file` is absolute. All symbols are resolved at once and stay local. Never unloaded: its code may run on some thread
// or leave a thread_local behind. Failures: "load.dependency" (a library it needs is missing; the message names it),
// "load.failed", "abi.entry".
Result<execlet_abi_entry> load_entry(const std::filesystem::path &file);

// For a file that load_entry refused with "load.dependency": one failure for each of the `needed` libraries that is
// missing, directly or through another. The dynamic linker itself names only the first. Maps those that are there.
std::vector<Failure> missing_dependencies(const std::filesystem::path &file, const std::vector<std::string> &needed);

}  // namespace execlet::core

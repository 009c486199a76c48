// SPDX-License-Identifier: Apache-2.0
//
// Where this installation of execlet keeps what belongs to it: <libdir>/execlet beside libexeclet.so.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace execlet::core {

// Directories to look in, the nearest first: "execlet" beside the file that holds this code, then "../lib/execlet" seen
// from it (for a program in bin/ that contains the core). They need not exist. [any-thread]
const std::vector<std::filesystem::path> &installation_directories();

// The file that holds this code: libexeclet.so, or the program that the core was linked into.
const std::filesystem::path &installation_file();

// The linker's build id of the file that holds this code, in hex, or its version if it has none: tells one build of the
// core from another.
const std::string &core_build_id();

}  // namespace execlet::core

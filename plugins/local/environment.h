// SPDX-License-Identifier: Apache-2.0
//
// The environment of a program: nothing of the host's but a short list and what the options name.
#pragma once

#include <execlet/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

namespace execlet::local {

// What all runs in one instance share, as "NAME=VALUE". `temp_path` becomes TMPDIR.
std::vector<std::string> base_environment(const Options &options, const std::string &temp_path);

// The base with the directory of `program`, if it is a path, first in PATH (a virtualenv's bin) and the request's own
// variables, which win.
std::vector<std::string> program_environment(std::vector<std::string> base, std::string_view program,
                                             const execlet_abi_request &request);

// Where `program` is found: by itself if it is a path, else in $PATH; empty if nowhere.
std::string find_program(const std::string &program);

}  // namespace execlet::local

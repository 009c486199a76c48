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

// The environment of one run: views of the base and of the request's own variables, which win. The directory of
// `program`, if it is a path, comes first in PATH (a virtualenv's bin); `path_entry` then keeps that text.
std::vector<std::string_view> program_environment(const std::vector<std::string> &base, std::string_view program,
                                                  const execlet_abi_request &request, std::string &path_entry);

// $PATH as programs will have it, as far as options and the host's environment tell.
std::string search_path(const Options &options);

// Where `program` is found: by itself if it is a path, else in `path`; empty if nowhere.
std::string find_program(const std::string &program, std::string_view path);

}  // namespace execlet::local

// SPDX-License-Identifier: Apache-2.0
//
// Finding the program of a run, and saying why it cannot be started: missing, not executable, for another machine,
// incomplete, without its interpreter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "failure.h"

namespace execlet::runner {

// `name` itself if it has a slash, else what PATH of `environment` finds; empty with `failure` if that is nothing.
std::string find_program(std::string_view name, const std::vector<std::string> &environment, Failure &failure);

// kPerhaps: the system may have been told how to run programs of other machines; executing them will show.
enum class Foreign { kPerhaps, kRefused };

// False with `failure` if reading the file shows that it cannot run. An incomplete program the system would start, and
// kill; a program that another one starts would end as an exit code of that one.
bool check_program(const std::string &path, Foreign foreign, Failure &failure);

// Why execve of `path` failed with `error`.
Failure explain_exec_error(const std::string &path, int error);

}  // namespace execlet::runner

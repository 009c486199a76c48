// SPDX-License-Identifier: Apache-2.0
//
// Finding the program to run, and explaining why it could not be executed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "failure.h"

namespace execlet::runner {

// The path of `name`: itself if it has a '/', else the first executable file of that name in the PATH of
// `environment` ("NAME=VALUE" entries). Empty with `failure` set if there is none.
std::string find_program(std::string_view name, const std::vector<std::string> &environment, Failure &failure);

// Why execve(path) failed with `error`: a missing interpreter is named, another architecture told apart from a script
// without "#!".
Failure explain_exec_error(const std::string &path, int error);

}  // namespace execlet::runner

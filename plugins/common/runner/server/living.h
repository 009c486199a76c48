// SPDX-License-Identifier: Apache-2.0
//
// What is still alive, for people.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace execlet::runner {

// "2 processes (sed, sleep) were still running" for those of `pids` that are; empty if none is.
std::string describe_living(const std::vector<pid_t> &pids);

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// The limits in the order in which tables show them.
#pragma once

#include <array>
#include <string_view>

inline constexpr std::array<std::string_view, 9> kLimitNames = {"wall_time",  "memory",    "cpus",   "cpu_time", "pids",
                                                                "open_files", "file_size", "output", "disk"};

// SPDX-License-Identifier: Apache-2.0
//
// Whole reads and writes of the kernel's text files (/proc, control groups).
#pragma once

#include <string>
#include <string_view>

namespace execlet::runner {

// The contents; empty if it cannot be read. Reads at most 1 MiB.
std::string read_small_file(const std::string &path);
// Writes `text` with one write call to an existing file; 0 or an errno value.
int write_small_file(const std::string &path, std::string_view text);
// The number that begins `text` after `key` ("oom_kill ", or "" for the start); 0 if there is none.
unsigned long long number_after(std::string_view text, std::string_view key);

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// Our own words, on stderr: one line each, coloured on a terminal unless NO_COLOR is set. stdout is the program's.
#pragma once

#include <cstdint>
#include <string_view>

namespace execlet::cli {

bool stderr_is_terminal();
bool use_colour();

// "execlet: MESSAGE"; control characters of the message, which may be a program's, are shown, not obeyed.
void say(std::string_view message);
void complain(std::string_view message);  // the same in red

// A bar in a line that the next one replaces; only on a terminal that can. `total` 0 = unknown: no bar.
void show_progress(std::string_view stage, std::string_view text, std::uint64_t current, std::uint64_t total);
// Takes it away again; before anything else is written.
void clear_progress();

// For verbs whose output is ours: plain text to stdout. Ends the process quietly if nobody reads it.
void print(std::string_view text);

}  // namespace execlet::cli

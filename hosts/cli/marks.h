// SPDX-License-Identifier: Apache-2.0
//
// Verdicts in text on stdout: a word and its colour on a terminal, the word alone elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace execlet::cli {

enum class Mark { kGood, kWarning, kBad, kNone };

// "ok    manifest  ": the verdict, then `what`, filled up to `width`.
std::string marked(Mark mark, std::string_view what, std::size_t width);
// In bold on a terminal.
std::string heading(std::string_view text);

}  // namespace execlet::cli

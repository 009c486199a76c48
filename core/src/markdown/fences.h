// SPDX-License-Identifier: Apache-2.0
//
// The fenced code blocks of a Markdown text, found by a CommonMark parser: backticks or tildes, longer fences, indented
// ones, inside lists and quotes; an unclosed last one ends with the text. Indented code is no block.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"

namespace execlet::core {

struct FencedBlock {
  std::string language;  // first word of the info string, up to a comma ("rust,ignore"); as written; may be empty
  std::string info;      // the whole info string
  std::string code;      // lines end with "\n", whatever they ended with in the text; without the block's indentation
  std::size_t line = 0;  // of its first line of code in the text, from 1; of an empty block: about there
};

// In order. Fails only for a text above 16 MiB ("markdown.too-large").
Result<std::vector<FencedBlock>> fenced_blocks(std::string_view markdown);

}  // namespace execlet::core

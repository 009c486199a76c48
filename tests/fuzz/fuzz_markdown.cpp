// SPDX-License-Identifier: Apache-2.0
//
// Any text as Markdown: blocks in order, in lines that are there.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "markdown/fences.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const auto blocks = execlet::core::fenced_blocks(text);
  EXECLET_REQUIRE(blocks.ok());
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) +
                     static_cast<std::size_t>(std::count(text.begin(), text.end(), '\r')) + 2;
  std::size_t before = 0;
  for (const auto &block : blocks.value()) {
    EXECLET_REQUIRE(block.line >= before && block.line <= lines);
    EXECLET_REQUIRE(block.info.compare(0, block.language.size(), block.language) == 0);
    before = block.line;
  }
  return 0;
}

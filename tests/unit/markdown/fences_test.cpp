// SPDX-License-Identifier: Apache-2.0
#include "markdown/fences.h"

#include "catch.h"

using namespace execlet::core;

namespace {

std::vector<FencedBlock> blocks_of(std::string_view markdown) {
  auto blocks = fenced_blocks(markdown);
  REQUIRE(blocks);
  return std::move(blocks).value();
}

FencedBlock only_block_of(std::string_view markdown) {
  auto blocks = blocks_of(markdown);
  INFO(markdown);
  REQUIRE(blocks.size() == 1);
  return blocks[0];
}

}  // namespace

TEST_CASE("fenced blocks are found in order with language, code and line") {
  const auto blocks = blocks_of("# Title\n\nText.\n\n```python\nprint(1)\nprint(2)\n```\n\nmore\n\n```bash\nls\n```\n");
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].language == "python");
  CHECK(blocks[0].code == "print(1)\nprint(2)\n");
  CHECK(blocks[0].line == 6);
  CHECK(blocks[1].language == "bash");
  CHECK(blocks[1].code == "ls\n");
  CHECK(blocks[1].line == 13);
}

TEST_CASE("the language is the first word of the info string") {
  const FencedBlock block = only_block_of("``` python title=\"a b\" {1,3}\nx\n```\n");
  CHECK(block.language == "python");
  CHECK(block.info == "python title=\"a b\" {1,3}");
  CHECK(only_block_of("```rust,ignore\nx\n```").language == "rust");
  CHECK(only_block_of("```c++\nx\n```").language == "c++");
  CHECK(only_block_of("```\nx\n```").language.empty());
}

TEST_CASE("line ends of other systems become newlines") {
  const FencedBlock block = only_block_of("a\r\n\r\n```python\r\nif x:\r\n    y\r\n```\r\n");
  CHECK(block.language == "python");
  CHECK(block.code == "if x:\n    y\n");
  CHECK(block.line == 4);
}

TEST_CASE("a lone carriage return ends a line too") {
  const FencedBlock block = only_block_of("a\r\r```python\r\r\rx\r```\r");
  CHECK(block.code == "\n\nx\n");
  CHECK(block.line == 4);
}

TEST_CASE("tildes fence as backticks do") {
  CHECK(only_block_of("~~~js\n```\nx\n```\n~~~\n").code == "```\nx\n```\n");
  CHECK(only_block_of("~~~ `odd` info\nx\n~~~").info == "`odd` info");
}

TEST_CASE("a longer fence holds shorter ones") {
  CHECK(only_block_of("````md\n```python\nx\n```\n````\n").code == "```python\nx\n```\n");
  CHECK(only_block_of("```py\nx\n`````\n").code == "x\n");
}

TEST_CASE("the indentation of a fence is taken from its code, and no more") {
  CHECK(only_block_of("   ```py\n   a\n     b\n c\n   ```\n").code == "a\n  b\nc\n");
}

TEST_CASE("blocks inside lists and quotes are found without their prefix") {
  const FencedBlock in_list = only_block_of("1. Do this:\n\n   ```sh\n   ls\n     -l\n   ```\n\n2. Done\n");
  CHECK(in_list.code == "ls\n  -l\n");
  CHECK(in_list.line == 4);
  const FencedBlock in_quote = only_block_of("> ```sh\n> ls\n>\n> pwd\n> ```\n");
  CHECK(in_quote.code == "ls\n\npwd\n");
  CHECK(in_quote.line == 2);
}

TEST_CASE("an unclosed last block ends with the text") {
  CHECK(only_block_of("```py\nx\ny").code == "x\ny\n");
}

TEST_CASE("a block that is left open in a quote or list ends with it") {
  CHECK(only_block_of("> ```\n> a\n\nb\n").code == "a\n");
}

TEST_CASE("blank lines of code are kept and counted") {
  const FencedBlock block = only_block_of("```py\n\n\nx\n\ny\n\n```\n");
  CHECK(block.code == "\n\nx\n\ny\n\n");
  CHECK(block.line == 2);
}

TEST_CASE("what only looks like a block is none") {
  CHECK(blocks_of("    ```py\n    x\n    ```\n").empty());  // indented code
  CHECK(blocks_of("a ```py b``` c\n").empty());             // inline code
  CHECK(blocks_of("``py\nx\n``\n").empty());                // two backticks
  CHECK(blocks_of("<!--\n```py\nx\n```\n-->\n").empty());   // inside an HTML comment
  CHECK(blocks_of("    indented\n    code\n").empty());
  CHECK(blocks_of("").empty());
}

TEST_CASE("an empty block is a block") {
  const auto blocks = blocks_of("a\n\n```py\n```\n\n```sh\nx\n```\n");
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].code.empty());
  CHECK(blocks[0].line == 4);
  CHECK(blocks[1].line == 7);
}

TEST_CASE("code is not interpreted as Markdown") {
  CHECK(only_block_of("```py\n**a** &amp; <b> \\* [x](y)\n\ttab\n```").code == "**a** &amp; <b> \\* [x](y)\n\ttab\n");
}

TEST_CASE("tabs in code stay tabs") {
  CHECK(only_block_of("```make\nall:\n\techo\n\t\techo\n  \tx\n```").code == "all:\n\techo\n\t\techo\n  \tx\n");
  CHECK(only_block_of("> ```make\n> all:\n> \techo\n> ```").code == "all:\n\techo\n");
  CHECK(only_block_of("- a\n\n  ```make\n  all:\n  \techo\n  ```").code == "all:\n\techo\n");
}

TEST_CASE("very large and hostile texts end with an answer") {
  CHECK(fenced_blocks(std::string(17u << 20, 'x')).failure().reason == "markdown.too-large");
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "> ";
  CHECK(blocks_of(deep + "```\n" + deep + "x\n").size() <= 1);
  CHECK(blocks_of(std::string(100000, '`')).size() <= 1);
}

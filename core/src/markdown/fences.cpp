// SPDX-License-Identifier: Apache-2.0
#include "fences.h"

#include <md4c.h>

#include <algorithm>
#include <functional>

namespace execlet::core {
namespace {

constexpr std::size_t kMaxSize = 16u << 20;

class Collector {
 public:
  explicit Collector(std::string_view markdown) : markdown_(markdown), counted_to_(markdown.data()) {}

  std::vector<FencedBlock> take() { return std::move(blocks_); }

  void begin(const MD_BLOCK_CODE_DETAIL &detail) {
    inside_ = detail.fence_char != 0;  // 0 = indented code
    if (!inside_) return;
    located_ = false;
    FencedBlock block;
    if (detail.info.text != nullptr) block.info.assign(detail.info.text, detail.info.size);
    block.language = block.info.substr(0, block.info.find_first_of(" \t,"));
    block.line = blocks_.empty() ? line_ : std::max(line_, blocks_.back().line);
    if (detail.info.text != nullptr && within(detail.info.text)) block.line = line_at(detail.info.text) + 1;
    blocks_.push_back(std::move(block));
  }

  void end() { inside_ = false; }

  void text(MD_TEXTTYPE type, std::string_view text) {
    if (!inside_) return;
    FencedBlock &block = blocks_.back();
    // Only text that stands in the source has a place; indentation and line ends come from elsewhere.
    const bool in_source = within(text.data());
    if (!located_ && in_source) {
      const auto lines_before = static_cast<std::size_t>(std::count(block.code.begin(), block.code.end(), '\n'));
      block.line = line_at(text.data()) - lines_before;
      located_ = true;
    }
    const bool starts_line = block.code.empty() || block.code.back() == '\n';
    if (!in_source && starts_line && text.find_first_not_of(' ') == std::string_view::npos) {
      indent_ += text.size();
      return;
    }
    if (in_source && indent_ > 0)
      append_indent(text.data(), block.code);
    else
      block.code.append(indent_, ' ');
    indent_ = 0;
    if (type == MD_TEXT_NULLCHAR)
      block.code += '\0';
    else
      block.code += text;
  }

 private:
  bool within(const char *at) const {
    const std::less<const char *> before;
    return !before(at, markdown_.data()) && before(at, markdown_.data() + markdown_.size());
  }
  // The parser gives indentation as spaces, but a Makefile needs its tabs: takes the last `indent_` columns of blanks
  // before `at` as they stand in the source. A tab that is only partly the code's becomes spaces.
  void append_indent(const char *at, std::string &code) const {
    const std::string_view before = markdown_.substr(0, static_cast<std::size_t>(at - markdown_.data()));
    const std::string_view prefix = before.substr(before.find_last_of("\r\n") + 1);
    const auto width = [](char c, std::size_t column) { return c == '\t' ? 4 - column % 4 : std::size_t{1}; };
    std::size_t end_column = 0;
    for (const char c : prefix) end_column += width(c, end_column);
    const std::size_t first = end_column - std::min(indent_, end_column);
    std::size_t column = 0;
    for (const char c : prefix) {
      const std::size_t next = column + width(c, column);
      if (column >= first)
        code += c;
      else if (next > first)
        code.append(next - first, ' ');
      column = next;
    }
  }
  // Places come in order, so each line end ("\n", "\r\n" or "\r") is counted once.
  std::size_t line_at(const char *at) {
    const char *const end = markdown_.data() + markdown_.size();
    for (; std::less<const char *>()(counted_to_, at); ++counted_to_) {
      const bool lone_return = *counted_to_ == '\r' && (counted_to_ + 1 == end || counted_to_[1] != '\n');
      if (*counted_to_ == '\n' || lone_return) ++line_;
    }
    return line_;
  }

  std::string_view markdown_;
  std::vector<FencedBlock> blocks_;
  const char *counted_to_;
  std::size_t line_ = 1;
  std::size_t indent_ = 0;  // columns that the parser announced for the line that begins
  bool inside_ = false;
  bool located_ = false;
};

int enter_block(MD_BLOCKTYPE type, void *detail, void *collector) {
  if (type == MD_BLOCK_CODE) static_cast<Collector *>(collector)->begin(*static_cast<MD_BLOCK_CODE_DETAIL *>(detail));
  return 0;
}

int leave_block(MD_BLOCKTYPE type, void *, void *collector) {
  if (type == MD_BLOCK_CODE) static_cast<Collector *>(collector)->end();
  return 0;
}

int any_span(MD_SPANTYPE, void *, void *) {
  return 0;
}

int text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *collector) {
  static_cast<Collector *>(collector)->text(type, {text, size});
  return 0;
}

}  // namespace

Result<std::vector<FencedBlock>> fenced_blocks(std::string_view markdown) {
  if (markdown.size() > kMaxSize)
    return Failure{EXECLET_INVALID_REQUEST, "markdown.too-large",
                   "the Markdown text has " + std::to_string(markdown.size()) + " bytes; at most " +
                       std::to_string(kMaxSize) + " are read"};
  Collector collector(markdown);
  MD_PARSER parser{};
  parser.flags = MD_DIALECT_COMMONMARK;
  parser.enter_block = enter_block;
  parser.leave_block = leave_block;
  parser.enter_span = any_span;
  parser.leave_span = any_span;
  parser.text = text;
  if (md_parse(markdown.data(), static_cast<MD_SIZE>(markdown.size()), &parser, &collector) != 0)
    return Failure{EXECLET_INTERNAL_ERROR, "markdown.parser", "the Markdown parser gave up: out of memory"};
  return collector.take();
}

}  // namespace execlet::core

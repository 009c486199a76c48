// SPDX-License-Identifier: Apache-2.0
#include "filename_directive.h"

#include <algorithm>
#include <array>

namespace execlet::core {
namespace {

constexpr std::string_view kBlanks = " \t\r";

struct Comment {
  std::string_view open;
  std::string_view close;  // empty = to the end of the line
};
constexpr std::array<Comment, 4> kComments = {{{"#", ""}, {"//", ""}, {"/*", "*/"}, {"<!--", "-->"}}};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool consume_word(std::string_view &text, std::string_view lower_case_word) {
  if (text.size() < lower_case_word.size()) return false;
  const auto same = [](char left, char right) { return (left >= 'A' && left <= 'Z' ? left + 32 : left) == right; };
  if (!std::equal(lower_case_word.begin(), lower_case_word.end(), text.begin(),
                  [&](char word, char given) { return same(given, word); }))
    return false;
  text.remove_prefix(lower_case_word.size());
  return true;
}

}  // namespace

std::optional<std::string_view> filename_directive(std::string_view code) {
  std::string_view line = trimmed(code.substr(0, code.find('\n')));
  for (const Comment &comment : kComments) {
    if (!line.starts_with(comment.open)) continue;
    line = trimmed(line.substr(comment.open.size()));
    if (!consume_word(line, "filename:")) return std::nullopt;
    if (!comment.close.empty()) {
      if (!line.ends_with(comment.close)) return std::nullopt;
      line.remove_suffix(comment.close.size());
    }
    return trimmed(line);
  }
  return std::nullopt;
}

}  // namespace execlet::core

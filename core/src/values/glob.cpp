// SPDX-License-Identifier: Apache-2.0
#include "glob.h"

#include <algorithm>

#include "json_words.h"

namespace execlet::core {
namespace {

constexpr std::size_t kMaxPattern = 4095;

Failure refused(std::string reason, std::string_view pattern, std::string_view why) {
  return {EXECLET_INVALID_REQUEST, std::move(reason), "pattern " + quoted(pattern) + ' ' + std::string(why)};
}

// Position after the bracket expression that starts at `open`, or npos. A ']' first in it is an ordinary character.
std::size_t after_bracket(std::string_view part, std::size_t open) {
  std::size_t at = open + 1;
  if (at < part.size() && (part[at] == '!' || part[at] == '^')) ++at;
  if (at < part.size() && part[at] == ']') ++at;
  const std::size_t close = part.find(']', at);
  return close == std::string_view::npos ? close : close + 1;
}

// What is wrong with one part, or empty.
std::string_view fault_of_part(std::string_view part) {
  if (part == "..") return "contains \"..\"; patterns stay beneath the working directory";
  if (part == "**") return {};
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\') return "contains a backslash, which escapes nothing here; write [*] for a literal *";
    if (part[i] == '*' && i + 1 < part.size() && part[i + 1] == '*')
      return "has ** beside other characters; it stands for whole directories, as in **/*.png";
    if (part[i] != '[') continue;
    i = after_bracket(part, i);
    if (i == std::string_view::npos) return "has a [ without its ]; write [[] for a literal [";
    --i;
  }
  return {};
}

}  // namespace

Result<std::string> normalise_glob(std::string_view pattern) {
  if (pattern.empty()) return refused("glob.empty", pattern, "is empty");
  if (pattern.size() > kMaxPattern) return refused("glob.too-long", pattern, "is longer than 4095 bytes");
  if (pattern.find('\0') != std::string_view::npos) return refused("glob.nul", pattern, "contains a NUL byte");
  if (pattern.front() == '/')
    return refused("glob.absolute", pattern, "is absolute; patterns are relative to the working directory");
  std::string out;
  for (std::size_t start = 0; start <= pattern.size();) {
    const std::size_t slash = std::min(pattern.find('/', start), pattern.size());
    const std::string_view part = pattern.substr(start, slash - start);
    start = slash + 1;
    if (part.empty() || part == ".") {
      if (slash == pattern.size())
        return refused("glob.directory", pattern, "names a directory; add ** to collect what is in it");
      continue;
    }
    if (const std::string_view fault = fault_of_part(part); !fault.empty())
      return refused(part == ".." ? "glob.parent" : "glob.syntax", pattern, fault);
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace execlet::core

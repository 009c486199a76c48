// SPDX-License-Identifier: Apache-2.0
#include "glob.h"

#include <cstddef>
#include <vector>

namespace execlet::runner {
namespace {

// Matches one byte against the set that begins at pattern[at] (after '['); sets `at` behind it. A set without an end
// is the character '[' itself.
bool match_set(std::string_view pattern, std::size_t &at, char byte) {
  std::size_t i = at;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false, ++i) {
    const auto low = static_cast<unsigned char>(pattern[i]);
    auto high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    const auto value = static_cast<unsigned char>(byte);
    if (low <= value && value <= high) found = true;
  }
  if (i >= pattern.size()) return byte == '[';
  at = i + 1;
  return found != negated;
}

bool match_component(std::string_view pattern, std::string_view name) {
  if (!name.empty() && name[0] == '.' && (pattern.empty() || pattern[0] != '.')) return false;
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, star_n = 0;
  while (n < name.size()) {
    std::size_t next = p + 1;
    bool matched = false;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_n = n;
      continue;
    }
    if (p < pattern.size()) {
      if (pattern[p] == '?')
        matched = true;
      else if (pattern[p] == '[')
        matched = match_set(pattern, next, name[n]);
      else
        matched = pattern[p] == name[n];
    }
    if (matched) {
      p = next;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    parts.push_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return parts;
}

// The states that a pattern can be in after all components of a path: state i = the first i pattern components are
// used.
std::vector<bool> states_after(const std::vector<std::string_view> &pattern,
                               const std::vector<std::string_view> &path) {
  const std::size_t count = pattern.size();
  std::vector<bool> states(count + 1, false);
  states[0] = true;
  const auto skip_stars = [&](std::vector<bool> &set) {
    for (std::size_t i = 0; i < count; ++i)
      if (set[i] && pattern[i] == "**") set[i + 1] = true;
  };
  skip_stars(states);
  for (const std::string_view name : path) {
    std::vector<bool> next(count + 1, false);
    for (std::size_t i = 0; i < count; ++i) {
      if (!states[i]) continue;
      if (pattern[i] == "**") {
        if (name.empty() || name[0] != '.') next[i] = true;
      } else if (match_component(pattern[i], name)) {
        next[i + 1] = true;
      }
    }
    skip_stars(next);
    states.swap(next);
  }
  return states;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> parts = components(pattern);
  return states_after(parts, components(path))[parts.size()];
}

bool glob_may_match_below(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> parts = components(pattern);
  const std::vector<bool> states = states_after(parts, components(path));
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (states[i]) return true;
  return false;
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "language.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json_words.h"

namespace execlet::core {
namespace {

constexpr std::size_t kMaxName = 64;

using Alias = std::pair<std::string_view, std::string_view>;
constexpr std::array kAliases = std::to_array<Alias>({
    {"c#", "csharp"},         {"cc", "c++"},
    {"cpp", "c++"},           {"cs", "csharp"},
    {"cxx", "c++"},           {"ecmascript", "javascript"},
    {"f#", "fsharp"},         {"golang", "go"},
    {"ipython", "python"},    {"jl", "julia"},
    {"js", "javascript"},     {"kt", "kotlin"},
    {"node", "javascript"},   {"node.js", "javascript"},
    {"nodejs", "javascript"}, {"pl", "perl"},
    {"posix-sh", "sh"},       {"ps1", "powershell"},
    {"pwsh", "powershell"},   {"py", "python"},
    {"py3", "python"},        {"python3", "python"},
    {"rb", "ruby"},           {"rs", "rust"},
    {"rscript", "r"},         {"shell", "sh"},
    {"ts", "typescript"},
});

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#' || c == '.' || c == '_' || c == '-';
}

}  // namespace

Result<std::string> canonical_language(std::string_view name) {
  std::string lower(name);
  for (char &c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower.empty() || lower.size() > kMaxName || !std::all_of(lower.begin(), lower.end(), is_name_character))
    return Failure{EXECLET_INVALID_REQUEST, "language.name",
                   quoted(name) + " is no name of a language: expected 1 to 64 letters, digits and + # . _ -"};
  for (const auto &[alias, canonical] : kAliases)
    if (lower == alias) return std::string(canonical);
  return lower;
}

std::vector<std::string_view> language_aliases(std::string_view canonical) {
  std::vector<std::string_view> out;
  for (const auto &[alias, name] : kAliases)
    if (name == canonical) out.push_back(alias);
  return out;
}

Result<std::vector<std::string>> canonical_languages(const std::vector<std::string> &names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const std::string &name : names) {
    auto canonical = canonical_language(name);
    if (!canonical) return std::move(canonical).failure();
    const auto same = std::find(out.begin(), out.end(), *canonical);
    if (same != out.end())
      return Failure{EXECLET_INVALID_REQUEST, "language.duplicate",
                     quoted(names[static_cast<std::size_t>(same - out.begin())]) + " and " + quoted(name) +
                         " are the same language (" + *canonical + "); keep one of them"};
    out.push_back(std::move(*canonical));
  }
  return out;
}

}  // namespace execlet::core

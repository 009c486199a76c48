// SPDX-License-Identifier: Apache-2.0
#include "not_code.h"

#include <algorithm>
#include <array>

namespace execlet::core {
namespace {

// Sorted. What might be a program somewhere (sql, make) is not here: it is refused rather than left out.
constexpr auto kWords = std::to_array<std::string_view>(
    {"cfg",    "conf",          "console",      "css",       "csv",        "diff",   "dockerfile", "dotenv",
     "env",    "html",          "http",         "ini",       "json",       "json5",  "jsonc",      "jsonl",
     "latex",  "log",           "markdown",     "md",        "mermaid",    "ndjson", "none",       "out",
     "output", "patch",         "plain",        "plaintext", "properties", "pycon",  "result",     "results",
     "rst",    "shell-session", "shellsession", "stderr",    "stdout",     "svg",    "terminal",   "tex",
     "text",   "toml",          "traceback",    "tsv",       "txt",        "xml",    "yaml",       "yml"});
static_assert(std::is_sorted(kWords.begin(), kWords.end()));

}  // namespace

bool is_no_code(std::string_view language) {
  return std::binary_search(kWords.begin(), kWords.end(), language);
}

}  // namespace execlet::core

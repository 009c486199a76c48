// SPDX-License-Identifier: Apache-2.0
#include "marks.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace execlet::cli {
namespace {

bool coloured() {
  static const bool terminal = isatty(STDOUT_FILENO) == 1;
  const char *no_colour = std::getenv("NO_COLOR");
  return terminal && (no_colour == nullptr || *no_colour == '\0');
}

std::string painted(std::string_view text, std::string_view colour) {
  if (!coloured() || colour.empty()) {
    return std::string(text);
  }
  return "\033[" + std::string(colour) + "m" + std::string(text) + "\033[0m";
}

}  // namespace

std::string marked(Mark mark, std::string_view what, std::size_t width) {
  std::string name(what);
  name.resize(std::max(width, name.size() + 1), ' ');
  switch (mark) {
    case Mark::kGood:
      return painted("ok   ", "32") + " " + name;
    case Mark::kWarning:
      return painted("warn ", "33") + " " + name;
    case Mark::kBad:
      return painted("WRONG", "1;31") + " " + name;
    case Mark::kNone:
      return "-     " + name;
  }
  return name;
}

std::string heading(std::string_view text) {
  return painted(text, "1");
}

}  // namespace execlet::cli

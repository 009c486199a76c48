// SPDX-License-Identifier: Apache-2.0
#include "relative_path.h"

#include <algorithm>

#include "json_words.h"

namespace execlet::core {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxPart = 255;

Failure refused(std::string reason, std::string_view path, std::string_view why) {
  return {EXECLET_INVALID_REQUEST, std::move(reason),
          "path " + quoted(path) + ' ' + std::string(why) + "; give a path relative to the working directory"};
}

}  // namespace

Result<std::string> normalise_relative_path(std::string_view path) {
  if (path.empty()) return refused("path.empty", path, "is empty");
  if (path.find('\0') != std::string_view::npos) return refused("path.nul", path, "contains a NUL byte");
  if (path.front() == '/') return refused("path.absolute", path, "is absolute");
  if (path.size() > kMaxPath) return refused("path.too-long", path, "is longer than 4095 bytes");
  std::string out;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, slash - start);
    start = slash + 1;
    if (part == "..") return refused("path.parent", path, "contains \"..\"");
    if (part.size() > kMaxPart) return refused("path.too-long", path, "has a part longer than 255 bytes");
    if (part.empty() || part == ".") {
      if (slash == path.size()) return refused("path.directory", path, "names a directory, not a file");
      continue;
    }
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace execlet::core

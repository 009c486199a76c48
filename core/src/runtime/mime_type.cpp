// SPDX-License-Identifier: Apache-2.0
#include "mime_type.h"

#include <array>
#include <cctype>
#include <string>
#include <utility>

namespace execlet::core {

std::string_view mime_type(std::string_view file_name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kTypes = {
      {{"bin", "application/octet-stream"},
       {"bmp", "image/bmp"},
       {"css", "text/css"},
       {"csv", "text/csv"},
       {"gif", "image/gif"},
       {"gz", "application/gzip"},
       {"htm", "text/html"},
       {"html", "text/html"},
       {"jpeg", "image/jpeg"},
       {"jpg", "image/jpeg"},
       {"js", "text/javascript"},
       {"json", "application/json"},
       {"log", "text/plain"},
       {"md", "text/markdown"},
       {"mp4", "video/mp4"},
       {"pdf", "application/pdf"},
       {"png", "image/png"},
       {"py", "text/x-python"},
       {"svg", "image/svg+xml"},
       {"tar", "application/x-tar"},
       {"txt", "text/plain"},
       {"webp", "image/webp"},
       {"xml", "application/xml"},
       {"zip", "application/zip"}}};
  const std::size_t dot = file_name.rfind('.');
  if (dot != file_name.npos && file_name.find('/', dot) == file_name.npos) {
    std::string extension(file_name.substr(dot + 1));
    for (char &c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const auto &[known, type] : kTypes) {
      if (known == extension) return type;
    }
  }
  return "application/octet-stream";
}

}  // namespace execlet::core

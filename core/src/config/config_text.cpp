// SPDX-License-Identifier: Apache-2.0
#include "config_text.h"

#include <boost/json/serialize.hpp>

#include "../values/json_words.h"
#include "../values/text.h"

namespace execlet::core {
namespace {

constexpr std::size_t kMostOfPointer = 200;  // keys are somebody else's text; the details have the whole

std::size_t line_of(const ConfigText &text, std::string_view pointer) {
  while (true) {
    if (const auto line = text.lines.find(pointer); line != text.lines.end()) return line->second;
    const std::size_t slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return 0;
    pointer = pointer.substr(0, slash);
  }
}

}  // namespace

std::string config_place(const ConfigText *text, std::string_view pointer, boost::json::object &details) {
  details["pointer"] = pointer;
  std::string where;
  if (text != nullptr) {
    where = lossy_utf8(text->label);
    if (!text->file.empty()) details["file"] = lossy_utf8(text->file.native());
    if (const std::size_t line = line_of(*text, pointer); line != 0) {
      details["line"] = line;
      where += ':' + std::to_string(line);
    }
    if (!where.empty()) where += ": ";
  }
  if (!pointer.empty()) where.append(shortened(pointer, kMostOfPointer)).append(": ");
  return where;
}

Failure config_failure(const ConfigText *text, std::string_view reason, std::string_view pointer,
                       std::string_view message) {
  boost::json::object details;
  const std::string where = config_place(text, pointer, details);
  return {EXECLET_INVALID_REQUEST, "config." + std::string(reason), where + std::string(message),
          boost::json::serialize(details)};
}

}  // namespace execlet::core

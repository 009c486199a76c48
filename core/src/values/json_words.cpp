// SPDX-License-Identifier: Apache-2.0
#include "json_words.h"

#include <boost/json/array.hpp>
#include <charconv>

#include "text.h"

namespace execlet::core {
namespace {

std::string number_text(double number) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return {text, end};
}

}  // namespace

std::string shortened(std::string_view text, std::size_t most) {
  const bool cut = text.size() > most;
  if (cut) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out = lossy_utf8(text);
  for (char &c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  if (cut) out += "…";
  return out;
}

std::string quoted(std::string_view text) {
  return '"' + shortened(text) + '"';
}

std::string listed(const std::vector<std::string> &names) {
  std::string out;
  for (const std::string &name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

std::string describe_json(const boost::json::value &value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case boost::json::kind::int64:
      return std::to_string(value.get_int64());
    case boost::json::kind::uint64:
      return std::to_string(value.get_uint64());
    case boost::json::kind::double_:
      return number_text(value.get_double());
    case boost::json::kind::string:
      return quoted(value.get_string());
    case boost::json::kind::array:
      return value.get_array().empty() ? "an empty array" : "an array of " + std::to_string(value.get_array().size());
    case boost::json::kind::object:
      break;
  }
  return "an object";
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// JSON from outside: strict where it protects (duplicate keys, ill-formed UTF-8, depth and size are errors), and every
// error says where. Boost.JSON alone keeps the last of duplicate keys and gives no positions.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "result.h"

namespace execlet::core {

struct JsonRules {
  std::string source;            // what the text is called in messages: "execlet.json", "the request"
  std::string reasons = "json";  // first word of the failures' reasons
  std::size_t max_bytes = 1u << 20;
  std::size_t max_depth = 32;
  bool comments = false;   // C and C++ style
  bool positions = false;  // fill JsonDocument::lines; costs time that only a file for people is worth
};

struct JsonDocument {
  boost::json::value value;
  std::map<std::string, std::size_t, std::less<>> lines;  // JSON pointer → line of the key or list item, from 1
};

// Failure reasons: "<reasons>.syntax", ".duplicate-key", ".too-deep", ".too-large"; details {"pointer", "line",
// "column"}, columns counted in bytes from 1. A byte order mark is skipped.
Result<JsonDocument> read_json(std::string_view text, const JsonRules &rules);

// Appends "/token" with the token escaped as RFC 6901 says.
void append_pointer(std::string &pointer, std::string_view token);
std::string child_pointer(std::string_view pointer, std::string_view token);

// For people: two blanks a level, members in their order, no newline at the end. boost::json::serialize is the compact
// form, and keeps the order too.
std::string pretty_json(const boost::json::value &value);

}  // namespace execlet::core

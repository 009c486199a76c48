// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of the text that a configuration came from: where its keys stand, and which values are secret.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "../base/result.h"

namespace execlet::core {

struct ConfigText {
  std::string label;                                      // "execlet.json", "the configuration", "executor py"
  std::filesystem::path file;                             // empty if it was no file
  std::map<std::string, std::size_t, std::less<>> lines;  // of each JSON pointer; empty for text of one line
  std::set<std::string, std::less<>> secrets;             // pointers of values that came from ${env:} or ${file:}
};

// "LABEL:LINE: POINTER: " for a message; adds "pointer", "file" and "line" to `details`.
std::string config_place(const ConfigText *text, std::string_view pointer, boost::json::object &details);

// `reason` "unknown-key" becomes "config.unknown-key". The message is "LABEL:LINE: POINTER: …"; a pointer without a
// line of its own has that of its parent. `text` may be null.
Failure config_failure(const ConfigText *text, std::string_view reason, std::string_view pointer,
                       std::string_view message);

}  // namespace execlet::core

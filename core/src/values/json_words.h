// SPDX-License-Identifier: Apache-2.0
//
// How values read inside a one-line message for people: short, quoted, without control characters.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace execlet::core {

// At most `most` bytes, cut at a character with "…"; control characters are replaced.
std::string shortened(std::string_view text, std::size_t most = 60);
std::string quoted(std::string_view text);                  // "\"…\"", shortened
std::string listed(const std::vector<std::string> &names);  // "a, b, c"
// The value itself if it is a scalar (strings quoted and shortened), else "an object", "an array of 3".
std::string describe_json(const boost::json::value &value);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// JSON text in and out.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace execlet::cli {

std::optional<boost::json::value> parse_json(std::string_view text);
// Of text that the library made: an object, or an empty one if it is none.
boost::json::object parse_object(std::string_view text);
std::string to_text(const boost::json::value &value);
// Indented by two spaces, with a newline at the end.
std::string to_pretty_text(const boost::json::value &value);

// Members that may be missing: empty or false then.
std::string text_at(const boost::json::object &object, std::string_view key);
bool flag_at(const boost::json::object &object, std::string_view key);
boost::json::array list_at(const boost::json::object &object, std::string_view key);
boost::json::object object_at(const boost::json::object &object, std::string_view key);
// "a, b" of a list of texts.
std::string joined(const boost::json::array &list, std::string_view separator = ", ");

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
//
// Any text as JSON: the same value in pieces with positions as in one piece, and what Boost.JSON makes of it.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/json_text.h"
#include "require.h"

using namespace execlet::core;

namespace {

bool alike(const boost::json::value &left, const boost::json::value &right);

bool alike(const boost::json::array &left, const boost::json::array &right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto &a, const auto &b) { return alike(a, b); });
}

bool alike(const boost::json::object &left, const boost::json::object &right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto &a, const auto &b) { return a.key() == b.key() && alike(a.value(), b.value()); });
}

// Equal, but for the last digit of a number with many: Boost.JSON may read it differently in pieces.
bool alike(const boost::json::value &left, const boost::json::value &right) {
  if (left.kind() != right.kind()) return false;
  if (left.is_array()) return alike(left.get_array(), right.get_array());
  if (left.is_object()) return alike(left.get_object(), right.get_object());
  if (!left.is_double() || left == right) return left == right;
  return std::abs(left.get_double() - right.get_double()) <= 1e-14 * std::abs(left.get_double());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  JsonRules plain, placed, commented;
  placed.positions = true;
  commented.positions = commented.comments = true;
  const auto whole = read_json(text, plain);
  const auto pieces = read_json(text, placed);
  EXECLET_REQUIRE(whole.ok() == pieces.ok());
  if (!whole) {
    EXECLET_REQUIRE(whole.failure().reason == pieces.failure().reason);
    EXECLET_REQUIRE(boost::json::parse(whole.failure().details_json).is_object());
    (void)read_json(text, commented);
    return 0;
  }
  EXECLET_REQUIRE(alike(whole->value, pieces->value));
  EXECLET_REQUIRE(read_json(text, commented).ok());
  boost::system::error_code error;
  const std::string_view body = text.substr(0, 3) == "\xEF\xBB\xBF" ? text.substr(3) : text;
  const auto parsed = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  EXECLET_REQUIRE(!error && alike(parsed, whole->value));
  EXECLET_REQUIRE(alike(boost::json::parse(pretty_json(whole->value)), whole->value));
  return 0;
}

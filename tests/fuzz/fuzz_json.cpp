// SPDX-License-Identifier: Apache-2.0
//
// Any text as JSON: the same value in pieces with positions as in one piece, and what Boost.JSON makes of it.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json_text.h"

using namespace execlet::core;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  JsonRules plain, placed, commented;
  placed.positions = true;
  commented.positions = commented.comments = true;
  const auto whole = read_json(text, plain);
  const auto pieces = read_json(text, placed);
  require(whole.ok() == pieces.ok());
  if (!whole) {
    require(whole.failure().reason == pieces.failure().reason);
    require(boost::json::parse(whole.failure().details_json).is_object());
    (void)read_json(text, commented);
    return 0;
  }
  require(whole->value == pieces->value);
  require(read_json(text, commented).ok());
  boost::system::error_code error;
  const std::string_view body = text.substr(0, 3) == "\xEF\xBB\xBF" ? text.substr(3) : text;
  require(boost::json::parse(boost::json::string_view(body.data(), body.size()), error) == whole->value && !error);
  require(boost::json::parse(pretty_json(whole->value)) == whole->value);
  return 0;
}

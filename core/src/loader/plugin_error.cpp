// SPDX-License-Identifier: Apache-2.0
#include "plugin_error.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "../values/text.h"
#include "abi_text.h"

namespace execlet::core {
namespace {

std::string one_line(std::string_view text) {
  std::string out = lossy_utf8(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return out;
}

}  // namespace

std::string json_object_or_empty(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return "{}";
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  return !error && value.is_object() ? boost::json::serialize(value) : "{}";
}

void set_plugin_error(execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message,
                      execlet_abi_str details_json) {
  if (!error) return;
  error->reason = one_line(view(reason));
  error->message = one_line(view(message));
  error->details_json = json_object_or_empty(view(details_json));
}

}  // namespace execlet::core

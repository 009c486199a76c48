// SPDX-License-Identifier: Apache-2.0
#include <sha2.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "config.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

// With the keys of every object in order.
json::value sorted(const json::value &value) {
  if (value.is_array()) {
    json::array out;
    for (const json::value &item : value.get_array()) out.push_back(sorted(item));
    return out;
  }
  if (!value.is_object()) return value;
  const json::object &object = value.get_object();
  std::vector<json::string_view> keys;
  for (const auto &member : object) keys.push_back(member.key());
  std::sort(keys.begin(), keys.end());
  json::object out;
  for (const json::string_view key : keys) out[key] = sorted(object.at(key));
  return out;
}

}  // namespace

std::string options_digest(const ExecutorConfig &config) {
  const std::string text = json::serialize(
      sorted(json::array{json::string(config.backend), json::string(config.base_dir.native()), config.options}));
  std::array<char, SHA256_DIGEST_STRING_LENGTH> digest = {};
  SHA256Data(reinterpret_cast<const std::uint8_t *>(text.data()), text.size(), digest.data());
  return digest.data();
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Any text as configuration: accepted and shown again as a configuration that is accepted, or refused in one line.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "require.h"

using namespace execlet::core;

namespace {

const Manifest &manifest() {
  static const Manifest out = [] {
    Manifest made;
    made.name = "fuzz";
    made.options_schema = boost::json::parse(R"({"type": "object", "additionalProperties": false, "properties": {
        "timeout": {"type": "number", "x-execlet-role": "timeout"}, "mb": {"x-execlet-role": "memory_mb"},
        "executors": {"x-execlet-role": "languages", "anyOf": [{"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "object"}}]},
        "limits": {"properties": {"pids": {"x-execlet-role": "limits.pids"}}},
        "token": {"type": "string", "x-execlet-secret": true}, "list": {"type": "array", "maxItems": 2}}})");
    return made;
  }();
  return out;
}

void check_failure(const Failure &failure) {
  EXECLET_REQUIRE(!failure.reason.empty() && !failure.message.empty());
  EXECLET_REQUIRE(failure.message.find('\n') == std::string::npos);
  EXECLET_REQUIRE(boost::json::parse(failure.details_json).is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  if (text.find("file:") != std::string_view::npos) return 0;  // it would read the machine's files
  const auto config = Config::from_text(text, "/");
  if (!config) {
    check_failure(config.failure());
    return 0;
  }
  EXECLET_REQUIRE(Config::from_text(config->to_json(), "/").ok());
  for (const auto &[name, executor] : config->executors) {
    const auto applied = apply_schema(executor, manifest());
    if (!applied) check_failure(applied.failure());
  }
  return 0;
}

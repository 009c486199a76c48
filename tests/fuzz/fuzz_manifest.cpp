// SPDX-License-Identifier: Apache-2.0
//
// Any text as a plugin's manifest: accepted, and then its schema can judge options, or refused in one line.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "loader/manifest.h"
#include "require.h"

using namespace execlet::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const auto manifest = Manifest::parse(text);
  if (!manifest) {
    const Failure &failure = manifest.failure();
    EXECLET_REQUIRE(!failure.message.empty() && failure.message.find('\n') == std::string::npos);
    EXECLET_REQUIRE(failure.reason.compare(0, 9, "manifest.") == 0 || failure.reason.compare(0, 4, "abi.") == 0);
    return 0;
  }
  EXECLET_REQUIRE(is_plugin_name(manifest->name) && manifest->options_schema.is_object());
  EXECLET_REQUIRE(!manifest->capabilities.languages.empty());
  ExecutorConfig executor;
  executor.name = "fuzz";
  executor.backend = manifest->name;
  executor.options = boost::json::parse(R"({"timeout": 3, "list": ["a"], "token": "t", "map": {"k": {}}})").as_object();
  const auto applied = apply_schema(executor, *manifest);
  if (!applied) EXECLET_REQUIRE(!applied.failure().reason.empty() && !applied.failure().message.empty());
  return 0;
}

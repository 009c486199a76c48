// SPDX-License-Identifier: Apache-2.0
//
// What a plugin says about itself, read from its file without running any of its code.
#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../values/limits.h"
#include "execlet/plugin.h"

namespace execlet::core {

// How a backend treats an instance between two users; see docs/architecture.md.
enum class Reset { kNone, kProcess, kClean };
enum class Isolation { kNone, kProcess, kContainer, kRemote };
enum class LimitScope { kNone, kRun, kInstance };

struct LimitCapability {
  LimitScope scope = LimitScope::kNone;
  std::string how;
};

struct Capabilities {
  Isolation isolation = Isolation::kNone;
  Reset reset = Reset::kNone;
  bool persistent_state = false;
  bool stdin_data = false;
  bool files = false;
  bool rich_output = false;
  std::string setup;
  std::string speed;
  std::vector<std::string> languages;  // canonical; {"*"} = any that is configured
  std::vector<std::string> network;    // values accepted for a request's `network`
  std::array<LimitCapability, EXECLET_ABI_LIMIT_COUNT> limits;
};

struct Manifest {
  std::string name;
  std::string version;
  std::string description;
  std::string license;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_min_minor = 0;
  Capabilities capabilities;
  boost::json::value options_schema;  // JSON Schema of the backend's options
  std::string text;                   // the document as embedded

  // Checks form and name (^[a-z][a-z0-9-]{0,62}$). Failure reasons begin with "manifest.".
  static Result<Manifest> parse(std::string_view text);
  // The same with everything that is wrong, not only the first of it. Empty if anything is.
  static std::optional<Manifest> inspect(std::string_view text, std::vector<Failure> &problems);
};

// ^[a-z][a-z0-9-]{0,62}$: safe as a file name, an environment variable's part, a container's label.
bool is_plugin_name(std::string_view name);

}  // namespace execlet::core

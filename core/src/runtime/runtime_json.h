// SPDX-License-Identifier: Apache-2.0
//
// What a runtime knows about plugins, as JSON. docs/json.md publishes the keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../loader/verification.h"
#include "../registry/registry.h"
#include "../session/session.h"

namespace execlet::core {

// Every directory searched and every candidate in it, with why it was taken or not. Loads none.
std::string plugins_json(Registry &registry);
// {"file": …, "manifest": {…}} of the plugin in use under that name.
Result<std::string> plugin_json(Registry &registry, std::string_view name);
// {"sessions": […]}.
std::string sessions_json(const std::vector<SessionFacts> &sessions);
// All that verify_plugin finds, and whether the schema of the options can be used.
std::string verification_json(const std::filesystem::path &file);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Where this installation is, as JSON; docs/json.md publishes the keys.
#pragma once

#include <string>

namespace execlet::core {

// The library, its version, and the helper programs with the paths tried for a missing one. Starts none of them.
std::string installation_json();

}  // namespace execlet::core

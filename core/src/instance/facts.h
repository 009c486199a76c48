// SPDX-License-Identifier: Apache-2.0
//
// Facts about an executor as hosts get them (sdk/docs/facts.md): what its backend tells, completed by what only the
// core knows.
#pragma once

#include <string>
#include <string_view>

#include "../loader/manifest.h"

namespace execlet::core {

// `told` is the backend's JSON object. Adds the languages of the manifest if it lists none, and to each language the
// aliases that the core takes for it. What is no JSON object counts as nothing told.
std::string complete_facts(std::string_view told, const Manifest &manifest);

}  // namespace execlet::core

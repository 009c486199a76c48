// SPDX-License-Identifier: Apache-2.0
//
// Words in a manifest that this version does not know. A host tolerates them, since a later minor version may have
// given them a meaning; most are slips, so whoever verifies a plugin is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace execlet::core {

// One line for each, with the nearest known word. Empty for a text that is no JSON object.
std::vector<std::string> unknown_words(std::string_view manifest_text);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace execlet::core {

// The candidate that `name` is most likely a slip of (letters swapped, missing, added, wrong; case ignored), or empty
// if none is near enough to be worth a word. The first of several equally near ones.
std::string nearest_name(std::string_view name, const std::vector<std::string> &candidates);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The patterns of `collect`, checked and normalised before anything starts. Matching is the backend's.
#pragma once

#include <string>
#include <string_view>

#include "../base/result.h"

namespace execlet::core {

// Relative, parts separated by '/': `*` and `?` match inside a part, `[a-z]` and `[!a-z]` one character, `**` as a
// whole part any number of directories. "./out/*.png" is returned as "out/*.png". A name with a special character is
// written with brackets: "[*].txt". Fails with "glob.…", saying what is wrong where.
Result<std::string> normalise_glob(std::string_view pattern);

}  // namespace execlet::core

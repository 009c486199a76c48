// SPDX-License-Identifier: Apache-2.0
//
// Names of languages. A name is normalised once, when it enters the core, so that policy, cache and backends all see
// the same one: "Python3", "py" and "python" are one language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"

namespace execlet::core {

// Lower case, aliases resolved ("js", "node" → "javascript"; "shell" → "sh"; "cpp" → "c++"). A name that is not known
// here is a language that a backend may define: it is returned in lower case. Letters, digits and + # . _ - only, at
// most 64; anything else fails with "language.name".
Result<std::string> canonical_language(std::string_view name);

// The canonical name of each of `names` (keys of a map or items of a list), in order. Two that mean the same language
// fail with "language.duplicate", naming both.
Result<std::vector<std::string>> canonical_languages(const std::vector<std::string> &names);

// The other names that mean the language with this canonical name, sorted; none for one that is not known here.
std::vector<std::string_view> language_aliases(std::string_view canonical);

}  // namespace execlet::core

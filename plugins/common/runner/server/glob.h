// SPDX-License-Identifier: Apache-2.0
//
// Patterns over relative paths: `*`, `?` and `[a-z]`, `[!a]` within one component, `**` as a component for any number
// of directories. As in a shell, a leading '.' of a component must be matched by a '.'. Bytes, not characters; linear
// in memory, and bounded in time by the product of both lengths per component.
#pragma once

#include <string_view>

namespace execlet::runner {

bool glob_match(std::string_view pattern, std::string_view path);

// True if something below the directory `path` could match, so that looking into it makes sense.
bool glob_may_match_below(std::string_view pattern, std::string_view path);

}  // namespace execlet::runner

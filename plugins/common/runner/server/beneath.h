// SPDX-License-Identifier: Apache-2.0
//
// Opening files by relative path so that nothing outside a directory can be reached, whatever links a program left.
#pragma once

#include <string>
#include <string_view>

#include "descriptor.h"
#include "failure.h"

namespace execlet::runner {

enum class Links { kFollowInside, kRefuse };

// openat2 with RESOLVE_BENEATH. Invalid with errno set if it fails; O_CLOEXEC is added.
Descriptor open_beneath(int directory, const char *path, int flags, Links links, unsigned mode = 0);

// "a/b", not "", "/a", "a//b", "./a", "a/../b" or one with a NUL.
bool is_clean_relative_path(std::string_view path);

// Makes all directories above `path` that are missing. 0 or an errno value.
int make_parents(int directory, const std::string &path);

}  // namespace execlet::runner

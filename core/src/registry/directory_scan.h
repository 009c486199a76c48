// SPDX-License-Identifier: Apache-2.0
//
// One plugin directory: which files in it and in its direct sub-directories are plugins, and why the others are not.
// Reads files only. A file that is being copied in should have a name that begins with a dot, or end in something else
// than ".so", until it is renamed.
#pragma once

#include "registry.h"

namespace execlet::core {

// Candidates come in the order of their paths, none is kShadowed yet. Two plugins of one name in one directory are both
// refused ("registry.duplicate"). In a sub-directory that holds a plugin, libraries without a manifest are its data and
// no candidates.
DirectoryReport scan_directory(const SearchDirectory &directory);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Paths of files inside an execution's working directory, checked by their text alone: the core touches no file of a
// run. Whoever does (the runner) resolves beneath the directory and so also withstands symlinks.
#pragma once

#include <string>
#include <string_view>

#include "../base/result.h"

namespace execlet::core {

// "src/main.py"; "./a//b" is returned as "a/b". Fails with "path.empty", "path.absolute", "path.parent" (any ".."),
// "path.nul", "path.directory" (ends in '/' or names the directory itself), "path.too-long" (4095 bytes, 255 a part).
Result<std::string> normalise_relative_path(std::string_view path);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Finds the small programs that an installation brings along: execlet-runner-<arch>, execlet-probe.
#pragma once

#include <filesystem>
#include <string_view>

#include "../base/result.h"

namespace execlet::core {

// $EXECLET_LIBEXEC_DIR if set (then only there; ignored in a set-user-id program), else the installation's directories.
// Fails with "helper.missing" (unavailable) and the paths tried, or "helper.name" for a name that is no file name.
// [any-thread]
Result<std::filesystem::path> find_helper(std::string_view name);

}  // namespace execlet::core

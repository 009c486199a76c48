// SPDX-License-Identifier: Apache-2.0
//
// Why a backend's name leads to nothing: where it was looked for, what is called nearly so, what was refused.
#pragma once

#include <string_view>
#include <vector>

#include "registry.h"

namespace execlet::core {

// "registry.unknown" (invalid request), or, if a file of that name was found but refused, that refusal (unavailable).
// details: {"name", "nearest", "known": […], "searched": [{"path", "origin", "used"}], "refused": [{"file", "reason",
// "message"}]}.
Failure explain_missing(std::string_view name, const std::vector<DirectoryReport> &reports);

}  // namespace execlet::core

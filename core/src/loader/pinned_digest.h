// SPDX-License-Identifier: Apache-2.0
//
// A file NAME.so.sha256 beside NAME.so, as `sha256sum` writes it, pins the library's content.
#pragma once

#include <filesystem>

#include "../base/result.h"
#include "regular_file.h"

namespace execlet::core {

// `listed` is the name under which the open `file` was found. OK if nothing is pinned or the pin fits. Failures:
// "trust.digest", "trust.digest-malformed", and those of check_file_trust for the pinning file itself.
Result<void> check_pinned_digest(const std::filesystem::path &listed, const RegularFile &file);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The SHA-256 of a plugin's file, computed once per state of the file: the result is kept with path, device, inode,
// size and times, so that an ordinary start hashes nothing.
#pragma once

#include <string>

#include "../base/result.h"
#include "regular_file.h"

namespace execlet::core {

// 64 lower-case hex digits. Fails with "file.unreadable". [any-thread]
Result<std::string> file_digest(const RegularFile &file);

}  // namespace execlet::core

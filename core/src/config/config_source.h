// SPDX-License-Identifier: Apache-2.0
//
// Reading the files that a configuration consists of.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "../base/result.h"

namespace execlet::core {

struct SmallFile {
  std::string bytes;
  bool regular = false;
  uid_t owner = 0;
  mode_t mode = 0;
};

// Reads at most `max_bytes`; more is a failure. Facts and content are those of the file that was opened. Reasons:
// "file.missing", "file.unreadable", "file.directory", "file.too-large"; the message does not repeat the path.
// With `regular_only`, what is no regular file is not read (`bytes` stays empty): opening a FIFO would wait for a
// writer.
Result<SmallFile> read_small_file(const std::filesystem::path &file, std::size_t max_bytes, bool regular_only = false);

// Why a file that was not named by the user must not be believed, or empty. `file` is for the advice only.
std::string distrust(const SmallFile &facts, const std::filesystem::path &file);

}  // namespace execlet::core

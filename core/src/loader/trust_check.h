// SPDX-License-Identifier: Apache-2.0
//
// Who could have written a plugin: loading one gives it the whole process, so everything on the way to it must belong
// to root or to the user. World-writable is refused (a sticky directory passes as a parent, not as a plugin directory),
// group-writable is warned about. Failures have reasons that begin with "trust." and name the path at fault.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../base/result.h"
#include "regular_file.h"

namespace execlet::core {

using TrustWarnings = std::vector<std::string>;

// All that is to be said of one path.
struct TrustFindings {
  std::vector<Failure> problems;
  TrustWarnings warnings;
};

// `directory` must exist. Looks at it and every directory above, after resolving symbolic links.
TrustFindings inspect_directory_trust(const std::filesystem::path &directory);
TrustFindings inspect_file_trust(const RegularFile &file);

// The same as warnings, or the first problem.
Result<TrustWarnings> check_directory_trust(const std::filesystem::path &directory);
Result<TrustWarnings> check_file_trust(const RegularFile &file);

// The file that `file` stands for, all links resolved; fails with "trust.symlink" if that lies outside of the directory
// that holds `file`.
Result<std::filesystem::path> resolve_in_directory(const std::filesystem::path &file);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// All that is wrong with one plugin file, at once: for whoever writes or installs it. Loading stops at the first
// problem, this goes on as far as it is safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "../base/result.h"
#include "manifest.h"

namespace execlet::core {

struct Verification {
  std::filesystem::path file;        // absolute
  std::string digest;                // SHA-256 in hex; "" if it cannot be read
  std::optional<Manifest> manifest;  // if it is in order
  std::vector<Failure> problems;     // empty = a host would load it
  std::vector<std::string> warnings;
  std::string not_tried;  // why it was not loaded on trial; "" = it was
};

// Nothing of the file's code runs in this process. It is loaded on trial (at most 5 s) only if nothing was found that
// makes that dangerous or pointless: a file that others could have written, or that is no whole library, is only read.
// [any-thread]
Verification verify_plugin(const std::filesystem::path &file);

}  // namespace execlet::core

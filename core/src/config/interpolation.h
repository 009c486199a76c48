// SPDX-License-Identifier: Apache-2.0
//
// ${env:NAME} and ${file:PATH} in the string values of a configuration.
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>

#include "config_text.h"

namespace execlet::core {

// Replaces them in every string below `value`, once; what comes in is not looked at again. `$${` stands for `${`. A
// file's path is relative to `base_dir`; one newline at its end is dropped, at most 64 KiB of UTF-8 are taken. The
// pointers of changed values are added to `text.secrets`. Failures: "config.interpolation"; they name the variable or
// the file, never a value.
Result<void> interpolate(boost::json::value &value, ConfigText &text, const std::filesystem::path &base_dir);

}  // namespace execlet::core

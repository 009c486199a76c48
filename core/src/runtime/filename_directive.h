// SPDX-License-Identifier: Apache-2.0
//
// "# filename: src/main.py" on the first line of a snippet names the file that it is.
#pragma once

#include <optional>
#include <string_view>

namespace execlet::core {

// The name as written, not yet checked, or nothing if the first line is no such comment. Comments are `#`, `//`,
// `/* … */` and `<!-- … -->`; the word's case and blanks around it do not matter.
std::optional<std::string_view> filename_directive(std::string_view code);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Names that users give to executors and sessions: fit for command lines, log lines and parts of file names.
#pragma once

#include <string_view>

namespace execlet::core {

// 1 to 63 letters, digits and . _ - , not beginning with . or -.
bool is_plain_name(std::string_view name);
// The same in words, for messages.
inline constexpr std::string_view kPlainNameWords = "1 to 63 letters, digits and . _ - , not beginning with . or -";

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text: programs print whatever they like, JSON and messages hold UTF-8 only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace execlet::core {

// Well-formed UTF-8 as Unicode defines it: no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);
// Each ill-formed sequence (maximal subpart) becomes one U+FFFD; the result is well-formed.
std::string lossy_utf8(std::string_view bytes);

// RFC 4648 section 4, with padding.
std::string base64_encode(std::string_view bytes);
// Strict: padding required, no blanks, unused bits zero. Empty for anything else.
std::optional<std::string> base64_decode(std::string_view text);

// "SIGKILL", or "signal 77" for one that has no name.
std::string signal_text(int number);

}  // namespace execlet::core

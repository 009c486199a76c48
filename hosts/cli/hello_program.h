// SPDX-License-Identifier: Apache-2.0
//
// The smallest program of a language that prints "hello" and a newline.
#pragma once

#include <string_view>

namespace execlet::cli {

// Empty for a language that is not known here.
std::string_view hello_program(std::string_view language);

}  // namespace execlet::cli

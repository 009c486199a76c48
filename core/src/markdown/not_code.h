// SPDX-License-Identifier: Apache-2.0
//
// Words after a fence that say that what follows is data, text or output, and not a program.
#pragma once

#include <string_view>

namespace execlet::core {

// `language` in lower case.
bool is_no_code(std::string_view language);

}  // namespace execlet::core

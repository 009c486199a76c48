// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace execlet::core {

// False, with errno, if not all of it could be written.
bool write_all(int fd, std::string_view bytes);

}  // namespace execlet::core

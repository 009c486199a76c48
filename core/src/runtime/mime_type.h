// SPDX-License-Identifier: Apache-2.0
//
// The MIME type of a file by its name, for backends that do not tell.
#pragma once

#include <string_view>

namespace execlet::core {

// "application/octet-stream" if nothing better is known.
std::string_view mime_type(std::string_view file_name);

}  // namespace execlet::core

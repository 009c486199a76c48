// SPDX-License-Identifier: Apache-2.0
//
// The language of code for which none was named.
#pragma once

#include <execlet/execlet.hpp>
#include <string>
#include <string_view>

namespace execlet::cli {

// By extension, then by the #! line, else empty: the executor's only language, if it has only one. With several
// languages that is an invalid request which says what was tried. `file_name` is empty for code that has no file.
std::string guess_language(const Executor &executor, const std::string &file_name, std::string_view code);

// "python3" of "#!/usr/bin/env -S python3.11 -u"; empty without such a line. A version is cut off: "python".
std::string language_of_shebang(std::string_view code);

}  // namespace execlet::cli

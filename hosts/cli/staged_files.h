// SPDX-License-Identifier: Apache-2.0
//
// Reading what the user named: code, and files for the working directory. What cannot be read is an invalid request
// that names the path and the reason.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace execlet::cli {

// "-" = standard input. A named pipe is read to its end, unless nobody has opened it to write within 10 s.
std::string read_whole(const std::string &path);

// The descriptor is the caller's. It does not block: the opening of a named pipe does not wait for who writes.
int open_file(const std::string &path);

// "PATH", "PATH=NAME"; a directory means all files below it; a link to something outside of it, or anything else that
// is no regular file, is refused. Without a name a file keeps its relative path, or its last component if the path is
// absolute or goes upwards. A path that exists and has a '=' in it is taken as it is.
std::map<std::string, std::string> read_files(const std::vector<std::string> &arguments);

}  // namespace execlet::cli

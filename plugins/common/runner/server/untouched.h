// SPDX-License-Identifier: Apache-2.0
//
// Whether a program left a directory as it was made, which is cheaper to find out than to empty it and make it anew.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <initializer_list>
#include <string_view>

namespace execlet::runner {

// True of a file or directory of that mode if it has our user and group and no attributes.
bool is_as_made(int file, const struct stat &status, mode_t mode);

struct Child {
  std::string_view name;
  ino_t inode;
};

// The inode of the open directory if it is ours, of mode 0700, without attributes, and holds `children` and nothing
// else; 0 if not, or if that cannot be told.
ino_t untouched(int directory, std::initializer_list<Child> children);

}  // namespace execlet::runner

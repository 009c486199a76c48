// SPDX-License-Identifier: Apache-2.0
//
// Writing files below a directory whose contents are not trusted: no symlink in it is followed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../base/file_descriptor.h"

namespace execlet::core {

// A file that appears under its name, replacing what was there, when it is committed; else it leaves nothing but the
// directories made for it. Functions return an empty string or what went wrong.
class FileBeneath {
 public:
  FileBeneath() = default;
  FileBeneath(const FileBeneath &) = delete;
  FileBeneath &operator=(const FileBeneath &) = delete;
  ~FileBeneath();

  // `path` is relative and normalised.
  std::string create(int root, std::string_view path);
  std::string write(std::uint64_t offset, std::string_view data);
  std::string commit();

 private:
  FileDescriptor parent_;
  FileDescriptor file_;
  std::string base_;
  std::string temporary_;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// A regular file opened for reading at offsets. Opening never blocks (a FIFO is refused, not waited for) and never
// follows a symbolic link in the last component. Read and not mapped: a mapping of a file that shrinks kills the
// reader.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "../base/file_descriptor.h"
#include "../base/result.h"

namespace execlet::core {

// Movable; one thread at a time.
class RegularFile {
 public:
  // Failures: "file.unreadable", "trust.not-regular".
  static Result<RegularFile> open(const std::filesystem::path &file);

  const std::filesystem::path &path() const { return path_; }
  const struct stat &status() const { return status_; }
  std::uint64_t size() const { return static_cast<std::uint64_t>(status_.st_size); }

  // Fills all of `buffer`; false if the file has not that many bytes there or cannot be read.
  bool read_at(std::uint64_t offset, void *buffer, std::size_t size) const;

 private:
  RegularFile() = default;
  FileDescriptor fd_;
  std::filesystem::path path_;
  struct stat status_ = {};
};

}  // namespace execlet::core

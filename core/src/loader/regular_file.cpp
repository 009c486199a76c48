// SPDX-License-Identifier: Apache-2.0
#include "regular_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "refusal.h"

namespace execlet::core {
namespace {

Failure unreadable(const std::filesystem::path &file, int error) {
  return refusal("file.unreadable", file.string() + ": " + std::generic_category().message(error));
}

}  // namespace

Result<RegularFile> RegularFile::open(const std::filesystem::path &file) {
  RegularFile opened;
  opened.path_ = file;
  // Asked before opening as well: opening a device can have effects of its own.
  if (lstat(file.c_str(), &opened.status_) != 0) return unreadable(file, errno);
  if (!S_ISREG(opened.status_.st_mode)) return refusal("trust.not-regular", file.string() + " is not a regular file");
  opened.fd_ = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!opened.fd_) return unreadable(file, errno);
  if (fstat(opened.fd_.get(), &opened.status_) != 0) return unreadable(file, errno);
  if (!S_ISREG(opened.status_.st_mode)) return refusal("trust.not-regular", file.string() + " is not a regular file");
  return opened;
}

bool RegularFile::read_at(std::uint64_t offset, void *buffer, std::size_t size) const {
  char *to = static_cast<char *>(buffer);
  while (size > 0) {
    const ssize_t got = pread(fd_.get(), to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace execlet::core

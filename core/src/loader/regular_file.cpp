// SPDX-License-Identifier: Apache-2.0
#include "regular_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

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
  opened.fd_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (opened.fd_ < 0) return unreadable(file, errno);
  if (fstat(opened.fd_, &opened.status_) != 0) return unreadable(file, errno);
  if (!S_ISREG(opened.status_.st_mode)) return refusal("trust.not-regular", file.string() + " is not a regular file");
  return opened;
}

RegularFile::RegularFile(RegularFile &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), status_(other.status_) {}

RegularFile &RegularFile::operator=(RegularFile &&other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(status_, other.status_);
  return *this;
}

RegularFile::~RegularFile() {
  if (fd_ >= 0) close(fd_);
}

bool RegularFile::read_at(std::uint64_t offset, void *buffer, std::size_t size) const {
  char *to = static_cast<char *>(buffer);
  while (size > 0) {
    const ssize_t got = pread(fd_, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace execlet::core

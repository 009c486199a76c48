// SPDX-License-Identifier: Apache-2.0
#include "config_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "../values/text.h"

namespace execlet::core {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Failure unreadable(int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return {EXECLET_INVALID_REQUEST, missing ? "file.missing" : "file.unreadable",
          missing ? "there is no such file" : "cannot be read: " + std::generic_category().message(error)};
}

}  // namespace

Result<SmallFile> read_small_file(const std::filesystem::path &file, std::size_t max_bytes, bool regular_only) {
  int fd;
  do {
    fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular_only ? O_NONBLOCK : 0));
  } while (fd < 0 && errno == EINTR);
  const Descriptor opened(fd);
  struct stat facts {};
  if (fd < 0 || ::fstat(fd, &facts) != 0) return unreadable(errno);
  if (S_ISDIR(facts.st_mode)) return Failure{EXECLET_INVALID_REQUEST, "file.directory", "is a directory"};
  SmallFile out{{}, S_ISREG(facts.st_mode), facts.st_uid, facts.st_mode};
  if (regular_only && !out.regular) return out;
  char buffer[16384];
  while (true) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno);
    if (got == 0) return out;
    if (out.bytes.size() + static_cast<std::size_t>(got) > max_bytes)
      return Failure{EXECLET_INVALID_REQUEST, "file.too-large",
                     "is larger than " + std::to_string(max_bytes) + " bytes"};
    out.bytes.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string distrust(const SmallFile &facts, const std::filesystem::path &file) {
  const std::string path = lossy_utf8(file.native());
  std::string why;
  if (!facts.regular)
    why = "it is no regular file";
  else if (facts.owner != ::geteuid() && facts.owner != 0)
    why = "it belongs to user " + std::to_string(facts.owner) + ", neither to you nor to root";
  else if (facts.mode & (S_IWGRP | S_IWOTH))
    why = "others may write to it (chmod go-w " + path + " changes that)";
  if (!why.empty())
    why = "this configuration was found by search and is not used because " + why +
          "; it could name any program. --config " + path + " uses it all the same";
  return why;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "config_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "../base/file_descriptor.h"
#include "../values/text.h"

namespace execlet::core {
namespace {

constexpr int kPipePatienceMs = 10'000;

Failure wrong(std::string_view reason, std::string message) {
  return {EXECLET_INVALID_REQUEST, "file." + std::string(reason), std::move(message)};
}

Failure unreadable(const std::filesystem::path &file, int error) {
  struct stat link {};
  if (error == ENOENT && ::lstat(file.c_str(), &link) == 0)
    return wrong("unreadable", "is a link that leads nowhere; correct it or remove it");
  if (error == ENOENT || error == ENOTDIR) return wrong("missing", "there is no such file");
  return wrong("unreadable", "cannot be read: " + std::generic_category().message(error));
}

// Without O_NONBLOCK the opening of a pipe waits for somebody who writes, for ever if nobody comes.
FileDescriptor open_to_read(const std::filesystem::path &file, bool regular_only) {
  int fd;
  do {
    fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  struct stat facts {};
  if (fd >= 0 && !regular_only && ::fstat(fd, &facts) == 0 && !S_ISFIFO(facts.st_mode)) ::fcntl(fd, F_SETFL, O_RDONLY);
  return FileDescriptor(fd);
}

// False if nothing comes and nobody closes it.
bool wait_for_pipe(int fd) {
  pollfd entry = {fd, POLLIN, 0};
  int ready;
  do {
    ready = ::poll(&entry, 1, kPipePatienceMs);
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

}  // namespace

Result<SmallFile> read_small_file(const std::filesystem::path &file, std::size_t max_bytes, bool regular_only) {
  const FileDescriptor opened = open_to_read(file, regular_only);
  struct stat facts {};
  if (!opened || ::fstat(opened.get(), &facts) != 0) return unreadable(file, errno);
  if (S_ISDIR(facts.st_mode)) return wrong("directory", "is a directory");
  SmallFile out{{}, S_ISREG(facts.st_mode), facts.st_uid, facts.st_mode};
  if (regular_only && !out.regular) return out;
  const bool is_pipe = S_ISFIFO(facts.st_mode);
  char buffer[16384];
  while (true) {
    if (is_pipe && !wait_for_pipe(opened.get()))
      return wrong("unreadable",
                   "is a pipe to which nothing was written for " + std::to_string(kPipePatienceMs / 1000) + " s");
    const ssize_t got = ::read(opened.get(), buffer, sizeof buffer);
    if (got < 0 && (errno == EINTR || (is_pipe && errno == EAGAIN))) continue;
    if (got < 0) return unreadable(file, errno);
    if (got == 0) return out;
    if (out.bytes.size() + static_cast<std::size_t>(got) > max_bytes)
      return wrong("too-large", "is larger than " + std::to_string(max_bytes) + " bytes");
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

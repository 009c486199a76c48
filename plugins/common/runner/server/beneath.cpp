// SPDX-License-Identifier: Apache-2.0
#include "beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

namespace execlet::runner {

Descriptor open_beneath(int directory, const char *path, int flags, Links links, unsigned mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (links == Links::kRefuse) how.resolve |= RESOLVE_NO_SYMLINKS;
  for (int attempt = 0;; ++attempt) {
    const int fd = static_cast<int>(syscall(SYS_openat2, directory, path, &how, sizeof how));
    // The kernel gives up with EAGAIN when something was renamed meanwhile.
    if (fd >= 0 || errno != EAGAIN || attempt == 10) return Descriptor(fd);
  }
}

bool is_clean_relative_path(std::string_view path) {
  if (path.empty() || path.size() > 4095 || path.find('\0') != std::string_view::npos) return false;
  for (;;) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

int make_parents(int directory, const std::string &path) {
  Descriptor parent;
  std::size_t start = 0;
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', start)) {
    const std::string prefix = path.substr(0, end);
    Descriptor next = open_beneath(directory, prefix.c_str(), O_PATH | O_DIRECTORY, Links::kFollowInside);
    if (!next && errno == ENOENT) {
      const std::string name = path.substr(start, end - start);
      if (mkdirat(parent ? parent.get() : directory, name.c_str(), 0755) != 0 && errno != EEXIST) return errno;
      next = open_beneath(directory, prefix.c_str(), O_PATH | O_DIRECTORY, Links::kFollowInside);
    }
    if (!next) return errno;
    parent = std::move(next);
    start = end + 1;
  }
  return 0;
}

}  // namespace execlet::runner

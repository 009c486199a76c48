// SPDX-License-Identifier: Apache-2.0
#include "wipe.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "descriptor.h"
#include "failure.h"

namespace execlet::runner {
namespace {

// Each level holds a descriptor and a few hundred bytes of stack; deeper trees are moved up and done from there.
constexpr int kMaxDepth = 40;

class Wiper {
 public:
  explicit Wiper(int root) : root_(root) {}

  bool run() {
    // Each pass can move trees that were too deep up to the root. One that removes nothing and moves nothing failed.
    for (;;) {
      removed_ = moved_ = 0;
      const bool clean = empty(root_, 0);
      if (clean && moved_ == 0) return true;
      if (removed_ == 0 && moved_ == 0) return false;
    }
  }

 private:
  bool empty(int directory, int depth) {
    const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy >= 0 ? fdopendir(copy) : nullptr;
    if (stream == nullptr) {
      if (copy >= 0) close(copy);
      return false;
    }
    bool clean = true;
    while (const dirent *entry = readdir(stream)) {
      if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
      if (!remove(directory, entry->d_name, depth)) clean = false;
    }
    closedir(stream);
    return clean;
  }

  bool remove(int directory, const char *name, int depth) {
    if (unlinkat(directory, name, 0) == 0 || unlinkat(directory, name, AT_REMOVEDIR) == 0) return ++removed_, true;
    Descriptor child(openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child) {
      // A directory that its owner may not read; what is no directory was refused for another reason. It is held while
      // its mode changes, so that nothing else can be put in its place.
      const Descriptor held(openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!held || chmod(("/proc/self/fd/" + decimal(static_cast<unsigned>(held.get()))).c_str(), 0700) != 0)
        return false;
      child.reset(openat(held.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!child) return false;
    }
    fchmod(child.get(), 0700);
    if (depth >= kMaxDepth) return move_up(directory, name);
    const bool clean = empty(child.get(), depth + 1);
    if (unlinkat(directory, name, AT_REMOVEDIR) == 0) return ++removed_, true;
    return clean && moved_ > 0;
  }

  bool move_up(int directory, const char *name) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
      const std::string target = ".execlet-wipe-" + decimal(counter_++);
      if (renameat2(directory, name, root_, target.c_str(), RENAME_NOREPLACE) == 0) return ++moved_, true;
    }
    return false;
  }

  int root_;
  unsigned long removed_ = 0;
  unsigned long moved_ = 0;
  unsigned long counter_ = 0;
};

}  // namespace

bool empty_directory(int directory) {
  return Wiper(directory).run();
}

void remove_attributes(int directory) {
  std::string names(64 * 1024, '\0');  // the most that the kernel lists
  const ssize_t size = flistxattr(directory, names.data(), names.size());
  for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(std::strlen(names.c_str() + at)) + 1)
    fremovexattr(directory, names.c_str() + at);
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "staging.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>

#include "wipe.h"

namespace execlet::runner {
namespace {

std::string random_letters() {
  unsigned char bytes[8];
  std::string letters;
  if (getrandom(bytes, sizeof bytes, 0) == sizeof bytes)
    for (const unsigned char byte : bytes) letters += static_cast<char>('a' + byte % 26);
  return letters;
}

}  // namespace

int StagedSnippet::write_file(int directory, const std::string &name, std::string_view data) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Descriptor file(openat(directory, name.c_str(), flags, 0700));
  if (!file) return errno;
  while (!data.empty()) {
    const ssize_t size = write(file.get(), data.data(), data.size());
    if (size < 0 && errno != EINTR) {
      const int error = errno;
      unlinkat(directory, name.c_str(), 0);
      return error;
    }
    if (size > 0) data.remove_prefix(static_cast<std::size_t>(size));
  }
  return 0;
}

int StagedSnippet::place_in(int directory, const std::string &directory_path, const std::string &name,
                            std::string_view data, bool own_directory, bool unique) {
  std::string entry = unique ? ".execlet-" + random_letters() : ".execlet";
  if (!own_directory) entry += '-' + name;
  base_ = directory;
  is_directory_ = own_directory;
  for (int attempt = 0; attempt < 2; ++attempt) {
    int error = 0;
    if (own_directory) {
      error = mkdirat(directory, entry.c_str(), 0700) == 0 ? 0 : errno;
    } else {
      error = write_file(directory, entry, data);
    }
    if (error == EEXIST && !unique) {
      // In a private directory this name is ours: something that an earlier program put there.
      entry_ = entry;
      is_directory_ = false;
      remove();
      is_directory_ = true;
      entry_ = entry;
      remove();
      base_ = directory;
      is_directory_ = own_directory;
      continue;
    }
    if (error != 0) return error;
    entry_ = entry;
    directory_path_ = directory_path;
    if (own_directory) directory_path_.append("/").append(entry);
    path_ = directory_path_;
    path_.append("/").append(own_directory ? name : entry);
    if (!own_directory) return 0;
    const Descriptor inner(openat(directory, entry.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return inner ? write_file(inner.get(), name, data) : errno;
  }
  return EEXIST;
}

bool StagedSnippet::place(const Workspace &workspace, const std::string &name, std::string_view data,
                          bool own_directory, Failure &failure) {
  moved_ = false;
  int error = place_in(workspace.work_fd(), workspace.work_path(), name, data, own_directory, workspace.shared());
  if (workspace.shared() && (error == EROFS || error == EACCES || error == EPERM)) {
    moved_ = true;
    error = place_in(workspace.temp_fd(), workspace.temp_path(), name, data, own_directory, false);
  }
  if (error == 0) return true;
  remove();
  failure = {Code::kUnavailable, "staging.failed",
             "cannot write the code to " + (moved_ ? workspace.temp_path() : workspace.work_path()) + ": " +
                 std::string(error_text(error))};
  return false;
}

void StagedSnippet::remove() {
  if (entry_.empty()) return;
  if (is_directory_) {
    const Descriptor inner(openat(base_, entry_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (inner) empty_directory(inner.get());
    unlinkat(base_, entry_.c_str(), AT_REMOVEDIR);
  } else {
    unlinkat(base_, entry_.c_str(), 0);
  }
  entry_.clear();
}

}  // namespace execlet::runner

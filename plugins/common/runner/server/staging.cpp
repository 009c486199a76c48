// SPDX-License-Identifier: Apache-2.0
#include "staging.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "untouched.h"
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

std::string private_entry(const std::string &name) {
  return ".execlet-" + name;
}

// What a program had open may be open still, where it sent the descriptor: nobody else may see or change the code of
// the next one. A lease to write is given only to who alone has the file open.
bool is_open_elsewhere(int file) {
  if (fcntl(file, F_SETLEASE, F_WRLCK) != 0) return true;
  fcntl(file, F_SETLEASE, F_UNLCK);
  return false;
}

bool write_all(int file, std::string_view data) {
  while (!data.empty()) {
    const ssize_t size = write(file, data.data(), data.size());
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) data.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

int write_file(int directory, const std::string &name, std::string_view data) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Descriptor file(openat(directory, name.c_str(), flags, 0700));
  if (!file) return errno;
  if (write_all(file.get(), data)) return 0;
  const int error = errno;
  unlinkat(directory, name.c_str(), 0);
  return error;
}

// Over the file of the run before; false if it is not there any more as it was made, or the writing failed.
bool rewrite_file(int directory, const std::string &name, std::string_view data) {
  const Descriptor file(openat(directory, name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !is_as_made(file.get(), status, S_IFREG | 0700) ||
      status.st_nlink != 1 || is_open_elsewhere(file.get()))
    return false;
  if (static_cast<std::uint64_t>(status.st_size) > data.size() &&
      ftruncate(file.get(), static_cast<off_t>(data.size())) != 0)
    return false;
  return write_all(file.get(), data);
}

}  // namespace

int StagedSnippet::place_in(const std::string &directory_path, const std::string &name, std::string_view data,
                            bool own_directory, bool unique) {
  const int directory = base();
  std::string entry = unique ? ".execlet-" + random_letters() : ".execlet";
  if (!own_directory) entry = unique ? entry + '-' + name : private_entry(name);
  is_directory_ = own_directory;
  for (int attempt = 0; attempt < 2; ++attempt) {
    int error = 0;
    if (own_directory) {
      error = mkdirat(directory, entry.c_str(), 0700) == 0 ? 0 : errno;
    } else if (!unique && rewrite_file(directory, entry, data)) {
      error = 0;
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

bool StagedSnippet::place(const std::string &name, std::string_view data, bool own_directory, Failure &failure) {
  if (own_directory || workspace_.shared() || entry_ != private_entry(name)) remove();
  moved_ = false;
  int error = place_in(workspace_.work_path(), name, data, own_directory, workspace_.shared());
  if (workspace_.shared() && (error == EROFS || error == EACCES || error == EPERM)) {
    moved_ = true;
    error = place_in(workspace_.temp_path(), name, data, own_directory, false);
  }
  if (error == 0) return true;
  remove();
  failure = {Code::kUnavailable, "staging.failed",
             "cannot write the code to " + (moved_ ? workspace_.temp_path() : workspace_.work_path()) + ": " +
                 std::string(error_text(error))};
  return false;
}

void StagedSnippet::end_run() {
  if (workspace_.shared() || is_directory_) remove();
}

void StagedSnippet::remove() {
  if (entry_.empty()) return;
  if (is_directory_) {
    const Descriptor inner(openat(base(), entry_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (inner) empty_directory(inner.get());
    unlinkat(base(), entry_.c_str(), AT_REMOVEDIR);
  } else {
    unlinkat(base(), entry_.c_str(), 0);
  }
  entry_.clear();
}

}  // namespace execlet::runner

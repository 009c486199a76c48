// SPDX-License-Identifier: Apache-2.0
#include "beneath_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace execlet::core {
namespace {

std::string failed(std::string_view doing, std::string_view what) {
  const int error = errno;
  return "cannot " + std::string(doing) + " \"" + std::string(what) + "\": " + std::strerror(error);
}

// One component at a time: O_NOFOLLOW only guards the last one.
FileDescriptor open_parent(int root, std::string_view path, std::string &problem) {
  FileDescriptor directory(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  std::size_t begin = 0;
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', begin)) {
    const std::string part(path.substr(begin, slash - begin));
    begin = slash + 1;
    if (::mkdirat(directory.get(), part.c_str(), 0777) != 0 && errno != EEXIST) {
      problem = failed("create directory", path.substr(0, slash));
      return {};
    }
    directory =
        FileDescriptor(::openat(directory.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) {
      problem = failed("enter directory", path.substr(0, slash));
      return {};
    }
  }
  return directory;
}

}  // namespace

FileBeneath::~FileBeneath() {
  if (parent_ && !temporary_.empty()) ::unlinkat(parent_.get(), temporary_.c_str(), 0);
}

std::string FileBeneath::create(int root, std::string_view path) {
  static std::atomic<unsigned> count{0};
  std::string problem;
  parent_ = open_parent(root, path, problem);
  if (!problem.empty()) return problem;
  base_ = path.substr(path.rfind('/') + 1);
  do {  // one of this name may be left from a process with our number
    temporary_ = ".execlet-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    file_ = FileDescriptor(
        ::openat(parent_.get(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  } while (!file_ && errno == EEXIST);
  if (file_) return {};
  temporary_.clear();
  return failed("create", path);
}

std::string FileBeneath::write(std::uint64_t offset, std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = ::pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", base_);
    offset += static_cast<std::uint64_t>(written);
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string FileBeneath::commit() {
  if (::renameat(parent_.get(), temporary_.c_str(), parent_.get(), base_.c_str()) != 0)
    return failed("put in place", base_);
  temporary_.clear();
  return {};
}

}  // namespace execlet::core

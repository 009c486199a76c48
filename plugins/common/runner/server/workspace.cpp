// SPDX-License-Identifier: Apache-2.0
#include "workspace.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <utility>

#include "untouched.h"
#include "wipe.h"

namespace execlet::runner {
namespace {

Failure cannot(std::string_view what, const std::string &path, int error) {
  return {Code::kUnavailable, "workspace.failed",
          "cannot " + std::string(what) + ' ' + path + ": " + std::string(error_text(error))};
}

std::string tmpfs_options(std::uint64_t size) {
  // 0 as a size would mean without bound; half of the memory is the kernel's own default.
  return "mode=0700,size=" + (size > 0 ? decimal(size) : std::string("50%"));
}

}  // namespace

bool Workspace::open(const Options &options, Failure &failure) {
  private_path_ = options.private_dir;
  shared_ = !options.shared_work.empty();
  size_ = size_in_force_ = options.size;
  // Another one's directory of that name cannot be told from ours once something is mounted on it.
  struct stat status {};
  if ((mkdir(private_path_.c_str(), 0700) != 0 && errno != EEXIST) || lstat(private_path_.c_str(), &status) != 0) {
    failure = cannot("make the directory", std::exchange(private_path_, {}), errno);
    failure.message += "; set TMPDIR to a directory that can be written";
    return false;
  }
  if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
    failure = cannot("use as a private directory", std::exchange(private_path_, {}), EPERM);
    return false;
  }
  if (options.may_mount) {
    if (mount("tmpfs", private_path_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, tmpfs_options(size_).c_str()) != 0) {
      failure = cannot("mount a tmpfs on", private_path_, errno);
      return false;
    }
    mounted_ = true;
  }
  private_.reset(::open(private_path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!private_) {
    failure = cannot("open", private_path_, errno);
    return false;
  }
  work_path_ = shared_ ? options.shared_work : private_path_ + "/work";
  temp_path_ = private_path_ + "/tmp";
  return make_directories(failure);
}

bool Workspace::make_directories(Failure &failure) {
  if ((!shared_ && mkdirat(private_.get(), "work", 0700) != 0 && errno != EEXIST) ||
      (mkdirat(private_.get(), "tmp", 0700) != 0 && errno != EEXIST)) {
    failure = cannot("make directories in", private_path_, errno);
    return false;
  }
  temp_.reset(openat(private_.get(), "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!temp_) {
    failure = cannot("open", temp_path_, errno);
    return false;
  }
  return enter(failure);
}

bool Workspace::enter(Failure &failure) {
  work_.reset(shared_ ? ::open(work_path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                      : openat(private_.get(), "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!work_ || fchdir(work_.get()) != 0) {
    failure = cannot("change into", work_path_, errno);
    return false;
  }
  return true;
}

bool Workspace::ensure(Failure &failure) {
  struct stat status {};
  if (fstat(work_.get(), &status) == 0 && status.st_nlink > 0) return true;
  return make_directories(failure);
}

bool Workspace::is_untouched(const std::string &left) const {
  const ino_t temp = untouched(temp_.get(), {});
  if (temp == 0) return false;
  if (shared_) return untouched(private_.get(), {{"tmp", temp}}) != 0;
  struct stat file {};
  const bool is_left = !left.empty() && fstatat(work_.get(), left.c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_left && !S_ISREG(file.st_mode)) return false;
  const ino_t work = is_left ? untouched(work_.get(), {{left, file.st_ino}}) : untouched(work_.get(), {});
  return work != 0 && untouched(private_.get(), {{"tmp", temp}, {"work", work}}) != 0;
}

bool Workspace::reset(Failure &failure) {
  fchmod(private_.get(), 0700);
  remove_attributes(private_.get());
  if (!empty_directory(private_.get())) {
    failure = {Code::kUnavailable, "workspace.not-emptied", "something in " + private_path_ + " cannot be removed"};
    return false;
  }
  return make_directories(failure);
}

bool Workspace::limit_disk(std::uint64_t bytes, std::string *why) {
  const std::uint64_t wanted = bytes > 0 ? bytes : size_;
  if (!can_limit_disk()) {
    if (why != nullptr)
      *why = shared_ ? "the working directory is not private" : "the working directory is not a tmpfs of its own";
    return false;
  }
  if (wanted == size_in_force_) return true;
  if (mount("tmpfs", private_path_.c_str(), "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV,
            tmpfs_options(wanted).c_str()) != 0) {
    const int error = errno;
    const bool holds_more = error == EINVAL || error == ENOSPC;
    if (why != nullptr)
      *why = holds_more ? "the directory already holds more than that"
                        : "its tmpfs cannot be given another size: " + std::string(error_text(error));
    return false;
  }
  size_in_force_ = wanted;
  return true;
}

bool Workspace::disk_full() const {
  struct statfs status {};
  return fstatfs(work_.get(), &status) == 0 && status.f_bfree == 0;
}

Workspace::~Workspace() {
  if (private_path_.empty()) return;
  if (chdir("/") != 0) return;
  work_.reset();
  temp_.reset();
  if (!mounted_ && private_) empty_directory(private_.get());
  private_.reset();
  if (mounted_) umount2(private_path_.c_str(), MNT_DETACH);
  rmdir(private_path_.c_str());
}

}  // namespace execlet::runner

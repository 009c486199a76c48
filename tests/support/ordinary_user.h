// SPDX-License-Identifier: Apache-2.0
//
// A test that is root's goes on as an ordinary user, who may enter this build wherever it lies: also below a directory
// that is closed to him, such as /root.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace execlet::test {

// The uppermost directory on the way to `path` that others may not enter; empty if there is none.
inline std::filesystem::path closed_on_the_way(const std::filesystem::path &path) {
  std::filesystem::path way;
  for (const std::filesystem::path &part : path) {
    way /= part;
    struct stat info {};
    if (stat(way.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return way;
  }
  return {};
}

// In a mount namespace of its own, `build` lies alone in a fresh directory in the place of the closed one.
inline bool open_the_way(const std::filesystem::path &build) {
  const std::filesystem::path closed = closed_on_the_way(build);
  if (closed.empty()) return true;
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  const int fd = open(build.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || mount("none", closed.c_str(), "tmpfs", 0, "mode=0755") != 0) return false;
  std::error_code error;
  std::filesystem::create_directories(build, error);
  const std::string same = "/proc/self/fd/" + std::to_string(fd);
  const bool bound = !error && mount(same.c_str(), build.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0;
  close(fd);
  return bound;
}

// Without threads. False if root cannot give itself up; one that is no root has nothing to do.
inline bool become_ordinary_user() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() != 0) return true;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  if (!open_the_way(program.parent_path().parent_path())) return false;
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0)
    return false;
  prctl(PR_SET_DUMPABLE, 1);  // as it is for a program that such a user starts
  unsetenv("HOME");
  return true;
}

}  // namespace execlet::test

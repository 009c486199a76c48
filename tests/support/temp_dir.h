// SPDX-License-Identifier: Apache-2.0
//
// A directory of its own for one test, gone at its end with all that is in it. What a test that was killed could not
// remove, a later one does: nobody holds the lock of such a directory any more.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace execlet::test {

class TempDir {
 public:
  TempDir() {
    static const bool swept = remove_abandoned();
    (void)swept;
    std::string name = (std::filesystem::temp_directory_path() / kPrefix).string() + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
    lock_ = lock(path_);
  }
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (lock_ >= 0) close(lock_);
  }

  const std::filesystem::path &path() const { return path_; }

  // Parents are created.
  std::filesystem::path write(const std::filesystem::path &relative, std::string_view content) const {
    const std::filesystem::path file = path_ / relative;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return file;
  }

 private:
  static constexpr const char *kPrefix = "execlet-test-";
  static constexpr std::time_t kYoung = 60;  // one that is not locked yet may be in use in a moment

  static int lock(const std::filesystem::path &directory) {
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    close(fd);
    return -1;
  }

  static bool remove_abandoned() {
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path(), error)) {
      struct stat status {};
      if (entry.path().filename().string().rfind(kPrefix, 0) != 0 || lstat(entry.path().c_str(), &status) != 0 ||
          status.st_uid != geteuid() || std::time(nullptr) - status.st_ctime < kYoung)
        continue;
      const int fd = lock(entry.path());
      if (fd < 0) continue;
      std::filesystem::remove_all(entry.path(), error);
      close(fd);
    }
    return true;
  }

  std::filesystem::path path_;
  int lock_ = -1;
};

inline std::string read_whole_file(const std::filesystem::path &file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace execlet::test

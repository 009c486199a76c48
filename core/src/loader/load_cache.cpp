// SPDX-License-Identifier: Apache-2.0
#include "load_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "../base/write_all.h"
#include "regular_file.h"

namespace execlet::core {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTextSize = 16u << 10;
constexpr std::ptrdiff_t kMaxEntries = 512;

fs::path cache_base() {
  if (const char *cache = secure_getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') return cache;
  if (const char *home = secure_getenv("HOME"); home != nullptr && home[0] == '/') return fs::path(home) / ".cache";
  return {};
}

fs::path cache_directory(const fs::path &base) {
  return base / "execlet" / "probe";
}

bool is_ours_alone(const struct stat &status) {
  return status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// Never below a directory of somebody else: `sudo` keeps HOME, and root's files there would lock its owner out.
bool ensure_own_directory(const fs::path &directory) {
  struct stat status = {};
  if (lstat(directory.c_str(), &status) == 0) return S_ISDIR(status.st_mode) && is_ours_alone(status);
  if (errno != ENOENT) return false;
  if (stat(directory.parent_path().c_str(), &status) != 0 || status.st_uid != geteuid()) return false;
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return false;
  return lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && is_ours_alone(status);
}

// Entries of replaced plugins and earlier cores pile up slowly; starting over costs one trial load per plugin in use.
void empty_if_crowded(const fs::path &directory) {
  std::error_code error;
  if (std::distance(fs::directory_iterator(directory, error), fs::directory_iterator()) < kMaxEntries) return;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    fs::remove(at->path(), ignored);
  }
}

}  // namespace

std::optional<std::string> read_load_cache(const std::string &name) {
  const fs::path base = cache_base();
  if (base.empty()) return std::nullopt;
  Result<RegularFile> file = RegularFile::open(cache_directory(base) / name);
  if (!file || !is_ours_alone(file->status()) || file->size() > kMaxTextSize) return std::nullopt;
  std::string text(static_cast<std::size_t>(file->size()), '\0');
  if (!file->read_at(0, text.data(), text.size())) return std::nullopt;
  return text;
}

void write_load_cache(const std::string &name, std::string_view text) {
  const fs::path base = cache_base();
  if (base.empty() || text.size() > kMaxTextSize) return;
  const fs::path directory = cache_directory(base);
  if (!ensure_own_directory(base) || !ensure_own_directory(base / "execlet") || !ensure_own_directory(directory))
    return;
  empty_if_crowded(directory);

  std::string temporary = (directory / ".new-XXXXXX").string();
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return;
  const bool written = write_all(fd, text);
  close(fd);
  if (!written || rename(temporary.c_str(), (directory / name).c_str()) != 0) unlink(temporary.c_str());
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "collect.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "beneath.h"
#include "clock.h"
#include "glob.h"

namespace execlet::runner {
namespace {

// A tree can be made faster than it can be walked.
constexpr std::size_t kMaxEntries = 200'000;
constexpr std::size_t kMaxNotices = 20;
constexpr std::size_t kLook = 256;  // entries between two looks at the clock

class Finder {
 public:
  Finder(int root, const CollectRules &rules) : root_(root), rules_(rules) {}

  Collection run() {
    std::vector<std::string> pending = {""};
    while (!pending.empty() && !cut_) {
      const std::string directory = std::move(pending.back());
      pending.pop_back();
      visit(directory, pending);
    }
    if (cut_)
      notice("artifacts.scan-cut", entries_ > kMaxEntries
                                       ? "the working directory has too many entries; not all were looked at"
                                       : "the deadline came before the whole working directory was looked at");
    if (unsaid_ != 0)
      found_.notices.push_back(std::string("artifacts.more") + '\0' + decimal(unsaid_) +
                               " more files were left out for such reasons");
    std::sort(found_.paths.begin(), found_.paths.end());
    return std::move(found_);
  }

 private:
  void visit(const std::string &directory, std::vector<std::string> &pending) {
    Descriptor opened =
        open_beneath(root_, directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY, Links::kRefuse);
    DIR *stream = opened ? fdopendir(dup_for_stream(opened)) : nullptr;
    if (stream == nullptr) {
      notice("artifact.unreadable", "cannot look into " + (directory.empty() ? "." : directory));
      return;
    }
    while (const dirent *entry = readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > kMaxEntries || (entries_ % kLook == 0 && is_late())) {
        cut_ = true;
        break;
      }
      consider(opened.get(), entry, directory.empty() ? std::string(name) : directory + '/' + std::string(name),
               pending);
    }
    closedir(stream);
  }

  bool is_late() const { return rules_.until_ns != 0 && monotonic_ns() >= rules_.until_ns; }

  static int dup_for_stream(const Descriptor &directory) {
    return openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }

  // Staged code, of this run or of others that share the directory.
  static bool is_staged(std::string_view name) {
    constexpr std::string_view kPrefix = ".execlet";
    return name.substr(0, kPrefix.size()) == kPrefix && (name.size() == kPrefix.size() || name[kPrefix.size()] == '-');
  }

  void consider(int directory, const dirent *entry, std::string path, std::vector<std::string> &pending) {
    if (path.size() > 4095)
      return notice("artifact.path-too-long",
                    path.substr(0, 40) + "… is a path of more than 4095 bytes; nothing below is taken");
    struct stat status {};
    const bool matches = any([&](const std::string &glob) { return glob_match(glob, path); });
    const bool unknown = entry->d_type == DT_UNKNOWN;
    if (!matches && !unknown && entry->d_type != DT_DIR) return;
    if (is_staged(entry->d_name)) {
      if (matches) notice("artifact.reserved-name", path + ": names like this are execlet's own");
      return;
    }
    if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      if (any([&](const std::string &glob) { return glob_may_match_below(glob, path); }))
        pending.push_back(std::move(path));
      return;
    }
    if (matches) accept(status, std::move(path));
  }

  void accept(const struct stat &status, std::string path) {
    const std::uint64_t changed = static_cast<std::uint64_t>(status.st_ctim.tv_sec) * kSecond +
                                  static_cast<std::uint64_t>(status.st_ctim.tv_nsec);
    if (changed < rules_.since_ns) return;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (!S_ISREG(status.st_mode)) return notice("artifact.not-a-file", path + " is no regular file");
    if (status.st_nlink > 1) return notice("artifact.hard-link", path + " has other names");
    if (rules_.max_file_bytes != 0 && size > rules_.max_file_bytes)
      return notice("artifact.too-large", path + " has " + decimal(size) +
                                              " bytes; without a directory for artifacts " +
                                              decimal(rules_.max_file_bytes) + " are taken at most");
    if (rules_.max_files != 0 && found_.paths.size() >= rules_.max_files)
      return notice("artifacts.too-many",
                    path + " is beyond the " + decimal(rules_.max_files) + " files that are taken");
    if (rules_.max_total_bytes != 0 && size > rules_.max_total_bytes - total_)
      return notice("artifacts.too-large", path + " does not fit into the " + decimal(rules_.max_total_bytes) +
                                               " bytes that are taken in all without a directory for artifacts");
    total_ += size;
    found_.paths.push_back(std::move(path));
  }

  template <class Test>
  bool any(Test test) const {
    return std::any_of(rules_.globs.begin(), rules_.globs.end(), test);
  }

  void notice(std::string_view code, const std::string &text) {
    if (found_.notices.size() >= kMaxNotices) {
      ++unsaid_;
      return;
    }
    found_.notices.push_back(std::string(code) + '\0' + text);
  }

  int root_;
  const CollectRules &rules_;
  Collection found_;
  std::size_t entries_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t unsaid_ = 0;  // notices beyond those that are kept
  bool cut_ = false;
};

}  // namespace

Collection find_artifacts(int work_directory, const CollectRules &rules) {
  return Finder(work_directory, rules).run();
}

std::uint64_t mark_inode_time(std::uint64_t last_change_ns) {
  for (;;) {
    const std::uint64_t stamp = clock_ns(CLOCK_REALTIME_COARSE);
    // A clock that was set back is no reason to wait for longer than a tick.
    if (stamp > last_change_ns || last_change_ns - stamp > 50 * kMillisecond) return stamp;
    const timespec pause = {0, 200'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace execlet::runner

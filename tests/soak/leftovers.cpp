// SPDX-License-Identifier: Apache-2.0
#include "leftovers.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

namespace execlet::soak {
namespace {

namespace fs = std::filesystem;

// Empty if the file is gone, as those of processes that end.
std::string text_of(const fs::path &file) {
  std::string out;
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  char buffer[4096];
  for (ssize_t size = 0; fd >= 0 && (size = read(fd, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(size));
  if (fd >= 0) close(fd);
  return out;
}

std::size_t entries(const fs::path &directory) {
  std::error_code error;
  fs::directory_iterator at(directory, error);
  return error ? 0 : static_cast<std::size_t>(std::distance(at, {}));
}

bool is_number(const std::string &text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// The fourth field of /proc/N/stat; the second may hold anything, so it counts from its ')'.
std::string parent_of(const std::string &stat) {
  const std::size_t state = stat.rfind(") ");
  if (state == std::string::npos || state + 4 > stat.size()) return {};
  const std::size_t begin = state + 4;
  return stat.substr(begin, stat.find(' ', begin) - begin);
}

void count_processes(const std::string &mark, Holdings &out) {
  const std::string self = std::to_string(getpid());
  for (const fs::directory_entry &process : fs::directory_iterator("/proc")) {
    const std::string name = process.path().filename();
    if (!is_number(name) || name == self) continue;
    if (parent_of(text_of(process.path() / "stat")) == self) ++out.children;
    if (text_of(process.path() / "cmdline").find(mark) != std::string::npos) ++out.programs;
  }
}

std::size_t count_cgroups() {
  const std::string own = "execlet-" + std::to_string(getpid()) + "-";
  std::size_t count = 0;
  std::error_code error;
  fs::recursive_directory_iterator at("/sys/fs/cgroup", fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error))
    if (at->path().filename().native().compare(0, own.size(), own) == 0) ++count;
  return count;
}

std::size_t resident_bytes() {
  const std::string pages = text_of("/proc/self/statm");
  const std::size_t begin = pages.find(' ');
  return std::strtoull(pages.c_str() + begin, nullptr, 10) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Holdings holdings(const std::string &mark) {
  Holdings out;
  malloc_trim(0);  // what is free is not held
  out.resident_bytes = resident_bytes();
  out.descriptors = entries("/proc/self/fd");
  out.threads = entries("/proc/self/task");
  count_processes(mark, out);
  out.cgroups = count_cgroups();
  const std::string mounts = text_of("/proc/self/mountinfo");
  out.mounts = static_cast<std::size_t>(std::count(mounts.begin(), mounts.end(), '\n'));
  out.temporary_files = entries(std::getenv("TMPDIR")) + entries(std::getenv("XDG_RUNTIME_DIR"));
  return out;
}

std::string Holdings::difference(const Holdings &later) const {
  std::string out;
  const std::pair<const char *, std::size_t Holdings::*> all[] = {{"descriptors", &Holdings::descriptors},
                                                                  {"threads", &Holdings::threads},
                                                                  {"children", &Holdings::children},
                                                                  {"programs", &Holdings::programs},
                                                                  {"cgroups", &Holdings::cgroups},
                                                                  {"mounts", &Holdings::mounts},
                                                                  {"temporary files", &Holdings::temporary_files}};
  for (const auto &[name, member] : all) {
    if (this->*member == later.*member) continue;
    out += std::string(out.empty() ? "" : ", ") + name + " " + std::to_string(this->*member) + " → " +
           std::to_string(later.*member);
  }
  return out;
}

OwnDirectories::OwnDirectories() {
  for (const char *variable : {"TMPDIR", "XDG_RUNTIME_DIR"}) {
    const fs::path directory = directory_.path() / variable;
    fs::create_directory(directory);
    fs::permissions(directory, fs::perms::owner_all);
    setenv(variable, directory.c_str(), 1);
  }
}

}  // namespace execlet::soak

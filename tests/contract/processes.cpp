// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "catch.h"

namespace execlet::test {
namespace {

// Empty if it cannot be read: the process ended meanwhile.
std::string read_proc(const std::string &name) {
  const int file = open(("/proc/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char bytes[4096];
  const ssize_t size = read(file, bytes, sizeof bytes);
  close(file);
  return {bytes, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

void for_each_process(const std::function<void(const std::string &pid)> &visit) {
  const std::unique_ptr<DIR, int (*)(DIR *)> processes(opendir("/proc"), &closedir);
  REQUIRE(processes);
  while (const dirent *entry = readdir(processes.get())) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") == std::string::npos) visit(name);
  }
}

pid_t parent_of(const std::string &pid) {
  const std::string text = read_proc(pid + "/stat");
  const std::size_t end = text.rfind(')');  // the name before it may hold anything
  return end == std::string::npos ? 0 : static_cast<pid_t>(std::atol(text.c_str() + end + 4));
}

}  // namespace

bool is_running(const std::string &text) {
  bool found = false;
  for_each_process([&](const std::string &pid) {
    std::string line = read_proc(pid + "/cmdline");
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.find(text) != std::string::npos) found = true;
  });
  return found;
}

bool goes_away(const std::string &text) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (!is_running(text)) return true;
    poll(nullptr, 0, 10);
  }
  return false;
}

std::vector<pid_t> children_named(const std::string &name) {
  std::vector<pid_t> found;
  for_each_process([&](const std::string &pid) {
    std::string program = read_proc(pid + "/cmdline");
    program = program.substr(0, program.find('\0'));
    program = program.substr(program.rfind('/') + 1);
    if (program == name && parent_of(pid) == getpid()) found.push_back(std::stoi(pid));
  });
  return found;
}

std::string unique_sleep(int number) {
  return "sleep 1000." + std::to_string(getpid()) + std::to_string(number);
}

}  // namespace execlet::test

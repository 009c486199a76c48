// SPDX-License-Identifier: Apache-2.0
#include "remains.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include "connection.h"

namespace execlet::runner {
namespace {

constexpr std::size_t kMostRead = 1024 * 1024;

std::string read_file(const std::string &path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[8192];
  for (ssize_t size; text.size() < kMostRead && (size = read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(size));
  close(fd);
  return text;
}

bool write_file(const std::string &path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) >= 0;
  close(fd);
  return written;
}

std::uint64_t number_in(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Process {
  pid_t pid = 0, parent = 0, session = 0;
  char state = 0;
  std::uint64_t started = 0;  // with the number it tells processes apart
};

// state is 0 if there is no such process.
Process process_of(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  // "pid (name) state parent group session …", the start is field 22: the name may hold anything, so go by the last
  // parenthesis.
  const std::size_t end = stat.rfind(')');
  if (end == std::string::npos || end + 4 >= stat.size()) return {};
  Process process{pid, 0, 0, stat[end + 2], 0};
  std::string_view rest = std::string_view(stat).substr(end + 4);
  for (int field = 4; field <= 22 && !rest.empty(); ++field) {
    if (field == 4) process.parent = static_cast<pid_t>(number_in(rest));
    if (field == 6) process.session = static_cast<pid_t>(number_in(rest));
    if (field == 22) process.started = number_in(rest);
    rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
  }
  return process;
}

std::vector<Process> all_processes() {
  std::vector<Process> all;
  DIR *directory = opendir("/proc");
  if (directory == nullptr) return all;
  while (const dirent *entry = readdir(directory)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    const Process process = process_of(static_cast<pid_t>(number_in(entry->d_name)));
    if (process.state != 0 && process.state != 'Z' && process.state != 'X') all.push_back(process);
  }
  closedir(directory);
  return all;
}

// Programs have a session of the runner's, unless they made their own, and then still its environment.
bool bears_mark(const Process &process, const Remains &remains) {
  if (process.session == remains.runner) return true;
  const std::string environment = '\0' + read_file("/proc/" + std::to_string(process.pid) + "/environ");
  std::string mark(1, '\0');
  mark += "TMPDIR=" + remains.private_dir + '/';
  return environment.find(mark) != std::string::npos;
}

std::vector<Process> find_processes(const Remains &remains) {
  std::vector<Process> others = all_processes();
  std::vector<Process> found;
  const auto take = [&](auto is_wanted) {
    for (const Process &process : others)
      if (is_wanted(process)) found.push_back(process);
    std::erase_if(others, is_wanted);
  };
  std::erase_if(others, [&](const Process &process) { return process.pid == remains.runner; });
  take([&](const Process &process) { return process.parent == remains.runner || bears_mark(process, remains); });
  for (std::size_t next = 0; next < found.size(); ++next) {
    const pid_t parent = found[next].pid;
    take([&](const Process &process) { return process.parent == parent; });
  }
  return found;
}

// The number may have been given to another process since it was found.
void kill_checked(const Process &process) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  if (handle < 0) return;
  if (process_of(process.pid).started == process.started) syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
  close(handle);
}

// True if something was in the group.
bool kill_group(const std::string &group) {
  const std::string members = read_file(group + "/cgroup.procs");
  if (members.empty()) return false;
  write_file(group + "/pids.max", "0");
  if (write_file(group + "/cgroup.kill", "1")) return true;
  write_file(group + "/freezer.state", "FROZEN");
  for (std::string_view rest = members; !rest.empty();) {
    if (const auto pid = static_cast<pid_t>(number_in(rest)); pid > 1) kill(pid, SIGKILL);
    const std::size_t end = rest.find('\n');
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  write_file(group + "/freezer.state", "THAWED");
  return true;
}

bool kill_once(const Remains &remains) {
  bool any = false;
  for (const std::string &group : remains.groups) any = kill_group(group) || any;
  for (const Process &process : find_processes(remains)) {
    any = true;
    kill_checked(process);
  }
  return any;
}

void pause_ms(int milliseconds) {
  poll(nullptr, 0, milliseconds);
}

}  // namespace

bool kill_remaining(const Remains &remains, std::uint64_t patience_ns) {
  if (!remains.may_have_processes) return true;
  const std::uint64_t deadline = monotonic_now() + patience_ns;
  while (kill_once(remains)) {
    if (monotonic_now() >= deadline) return false;
    pause_ms(2);
  }
  return true;
}

void remove_groups(const Remains &remains) {
  for (const std::string &group : remains.groups)
    // One that was killed a moment ago can keep its group busy for an instant.
    for (int attempt = 0; attempt < 50 && rmdir(group.c_str()) != 0 && errno == EBUSY; ++attempt) pause_ms(2);
}

Pulse pulse_of(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  Pulse pulse;
  for (const std::string_view key : {"\nvoluntary_ctxt_switches:", "\nnonvoluntary_ctxt_switches:"})
    if (const std::size_t at = status.find(key); at != std::string::npos)
      pulse.switches += number_in(std::string_view(status).substr(at + key.size()));
  pulse.state = process_of(pid).state;
  return pulse;
}

}  // namespace execlet::runner

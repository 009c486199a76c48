// SPDX-License-Identifier: Apache-2.0
#include "containment.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "process_stat.h"
#include "small_file.h"

namespace execlet::runner {
namespace {

pid_t parent_of(pid_t pid) {
  return static_cast<pid_t>(ProcessStat(pid).number(4));
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  DIR *directory = opendir("/proc");
  if (directory == nullptr) return pids;
  while (const dirent *entry = readdir(directory))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      pids.push_back(static_cast<pid_t>(number_after(entry->d_name, "")));
  closedir(directory);
  return pids;
}

struct Process {
  pid_t pid, parent;
};

// Every process below this one.
std::vector<Process> descendants() {
  std::vector<Process> others;
  for (const pid_t pid : all_processes()) others.push_back({pid, parent_of(pid)});
  std::vector<Process> found = {{getpid(), 0}};
  for (std::size_t next = 0; next < found.size(); ++next) {
    const pid_t parent = found[next].pid;
    for (const Process &process : others)
      if (process.parent == parent) found.push_back(process);
    std::erase_if(others, [&](const Process &process) { return process.parent == parent; });
  }
  found.erase(found.begin());
  return found;
}

// Signals `pid` only if `is_ours` says so once it is held: its number can have been given to another process.
template <class Check>
void signal_checked(pid_t pid, int signal, Check is_ours) {
  const Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) {
    if (errno == ENOSYS && is_ours()) kill(pid, signal);
    return;
  }
  if (is_ours()) syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0);
}

void signal_descendants(int signal) {
  for (const Process &process : descendants())
    signal_checked(process.pid, signal, [&] {
      // One whose parent died meanwhile has become a child of this process.
      const pid_t parent = parent_of(process.pid);
      return parent == process.parent || parent == getpid();
    });
}

std::vector<pid_t> parse_pids(std::string_view text) {
  std::vector<pid_t> pids;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const pid_t pid = static_cast<pid_t>(number_after(text, ""));
    if (pid > 0) pids.push_back(pid);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return pids;
}

}  // namespace

bool ProcessSet::establish_cgroup(std::string &why) {
  groups_.discover();
  CgroupNode *unified = groups_.node(Controller::kUnified, &why);
  if (unified != nullptr && unified->has("cgroup.kill")) {
    member_ = unified;
    return true;
  }
  CgroupNode *freezer = groups_.node(Controller::kFreezer, &why);
  if (freezer == nullptr || freezer->version2()) return false;
  member_ = freezer;
  return true;
}

bool ProcessSet::establish(Containment wish, bool namespace_made, Failure &failure) {
  const bool owns_namespace = namespace_made && getpid() == 1;
  if (wish == Containment::kNamespace && !owns_namespace) {
    failure = {Code::kUnavailable, "containment.unavailable",
               "the runner was not started as PID 1 of its own namespace"};
    return false;
  }
  if ((wish == Containment::kAuto || wish == Containment::kNamespace) && owns_namespace) {
    mode_ = Containment::kNamespace;
    return true;
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    failure = {Code::kUnavailable, "containment.unavailable",
               "cannot become a subreaper: " + std::string(error_text(errno))};
    return false;
  }
  std::string why;
  if (wish != Containment::kSubreaper && establish_cgroup(why)) {
    mode_ = Containment::kCgroup;
    return true;
  }
  if (wish == Containment::kCgroup) {
    failure = {Code::kUnavailable, "containment.unavailable",
               "no control group with cgroup.kill or a freezer can be made here" + (why.empty() ? why : ": " + why)};
    return false;
  }
  mode_ = Containment::kSubreaper;
  if (wish == Containment::kSubreaper) groups_.discover();
  // A second membership that lets kill_all() forbid new processes; not having it is fine.
  member_ = groups_.node(Controller::kPids);
  return true;
}

std::string_view ProcessSet::means() const {
  switch (mode_) {
    case Containment::kNamespace:
      return "its PID namespace";
    case Containment::kCgroup:
      return member_->version2() ? "cgroup.kill" : "freezing its cgroup v1";
    default:
      return member_ != nullptr ? "a walk over /proc while pids.max = 0 forbids forks"
                                : "a walk over /proc, which fast forks delay";
  }
}

std::vector<pid_t> ProcessSet::members() const {
  switch (mode_) {
    case Containment::kNamespace: {
      std::vector<pid_t> pids = all_processes();
      std::erase(pids, 1);
      return pids;
    }
    case Containment::kCgroup:
      return parse_pids(member_->read("cgroup.procs"));
    default: {
      std::vector<pid_t> pids;
      for (const Process &process : descendants()) pids.push_back(process.pid);
      return pids;
    }
  }
}

void ProcessSet::signal_all(int signal) const {
  if (mode_ == Containment::kNamespace) {
    kill(-1, signal);
    return;
  }
  if (mode_ == Containment::kSubreaper) return signal_descendants(signal);
  const std::string &directory = member_->directory();
  const std::string group = directory.substr(directory.rfind('/'));
  for (const pid_t pid : members())
    signal_checked(pid, signal, [&] {
      const std::string groups = read_small_file("/proc/" + decimal(static_cast<unsigned>(pid)) + "/cgroup");
      return groups.find(group) != std::string::npos;
    });
}

void ProcessSet::kill_frozen() const {
  member_->write("freezer.state", "FROZEN");
  for (int attempt = 0; attempt < 100 && member_->read("freezer.state").find("FROZEN") == std::string::npos;
       ++attempt) {
    const timespec pause = {0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
  for (const pid_t pid : parse_pids(member_->read("cgroup.procs"))) kill(pid, SIGKILL);
  member_->write("freezer.state", "THAWED");
}

void ProcessSet::kill_group() const {
  if (member_->version2())
    member_->write("cgroup.kill", "1");
  else
    kill_frozen();
}

void ProcessSet::kill_all(bool again) {
  switch (mode_) {
    case Containment::kNamespace:
      kill(-1, SIGKILL);
      return;
    case Containment::kCgroup:
      kill_group();
      // Root can leave a group, but not its ancestors: orphans come back to this process.
      if (again) signal_descendants(SIGKILL);
      return;
    default:
      if (member_ != nullptr && !closed_) closed_ = member_->write("pids.max", "0") == 0;
      signal_descendants(SIGKILL);
  }
}

void ProcessSet::reopen() {
  if (closed_) member_->write("pids.max", "max");
  closed_ = false;
}

}  // namespace execlet::runner

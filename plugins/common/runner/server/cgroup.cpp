// SPDX-License-Identifier: Apache-2.0
#include "cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "failure.h"
#include "small_file.h"

namespace execlet::runner {
namespace {

std::string_view name_of(Controller controller) {
  switch (controller) {
    case Controller::kMemory:
      return "memory";
    case Controller::kPids:
      return "pids";
    case Controller::kCpu:
      return "cpu";
    case Controller::kCpuAccounting:
      return "cpuacct";
    case Controller::kFreezer:
      return "freezer";
    case Controller::kUnified:
      return "";
  }
  return "";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

bool contains(const std::vector<std::string> &list, std::string_view wanted) {
  for (const std::string &item : list)
    if (item == wanted) return true;
  return false;
}

// This process's group in the hierarchy that has `controller` ("" = version 2), from /proc/self/cgroup.
std::string own_group(std::string_view own_groups, std::string_view controller) {
  for (const std::string &line : split(own_groups, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    if (names == controller || (!controller.empty() && contains(split(names, ','), controller)))
      return line.substr(second + 1);
  }
  return {};
}

bool is_root_group(const std::string &directory) {
  return access((directory + "/cgroup.type").c_str(), F_OK) != 0;
}

// Version 2 lets only groups without processes hand controllers on, except the root: so our group goes below our own
// one if controllers are handed on there, else beside it.
std::string version2_parent(const std::string &own) {
  const std::string enabled = read_small_file(own + "/cgroup.subtree_control");
  if (is_root_group(own)) {
    if (access((own + "/cgroup.subtree_control").c_str(), W_OK) == 0)
      for (const char *controller : {"+memory", "+pids", "+cpu"})
        write_small_file(own + "/cgroup.subtree_control", controller);
    return own;
  }
  if (enabled.find("memory") != std::string::npos || enabled.find("pids") != std::string::npos) return own;
  const std::string above = own.substr(0, own.rfind('/'));
  const std::string enabled_above = read_small_file(above + "/cgroup.subtree_control");
  const bool better = enabled_above.find("memory") != std::string::npos && access(above.c_str(), W_OK) == 0 &&
                      access((above + "/cgroup.procs").c_str(), W_OK) == 0;
  return better ? above : own;
}

// Kills what is in the group of a runner that was killed: nobody else will. In a PID namespace the pids of processes
// outside of it read as 0.
void kill_members(const std::string &group) {
  if (write_small_file(group + "/cgroup.kill", "1") == 0) return;
  for (const std::string &line : split(read_small_file(group + "/cgroup.procs"), '\n'))
    if (const auto pid = static_cast<pid_t>(number_after(line, "")); pid > 0) kill(pid, SIGKILL);
  write_small_file(group + "/freezer.state", "THAWED");
}

// The dead of a group keep it busy until they are reaped.
void remove_group(const std::string &group) {
  for (int attempt = 0; attempt < 50 && rmdir(group.c_str()) != 0 && errno == EBUSY; ++attempt) {
    kill_members(group);
    const timespec pause = {0, 2'000'000};
    nanosleep(&pause, nullptr);
  }
}

// The form of a runner's own name, execlet-PID-execlet-LETTERS: a service may well be called execlet-something, and
// this process may run in it.
bool is_runners_name(std::string_view name) {
  constexpr std::string_view kBegin = "execlet-", kMiddle = "-execlet-";
  if (name.substr(0, kBegin.size()) != kBegin) return false;
  name.remove_prefix(kBegin.size());
  const std::size_t digits = name.find_first_not_of("0123456789");
  return digits != name.npos && digits != 0 && name.substr(digits, kMiddle.size()) == kMiddle;
}

// Groups of runners that were killed before they could remove them: nobody holds their lock.
void remove_abandoned(const std::string &parent) {
  DIR *directory = opendir(parent.c_str());
  if (directory == nullptr) return;
  while (const dirent *entry = readdir(directory)) {
    if (!is_runners_name(entry->d_name)) continue;
    const Descriptor group(openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (group && flock(group.get(), LOCK_EX | LOCK_NB) == 0) remove_group(parent + '/' + entry->d_name);
  }
  closedir(directory);
}

}  // namespace

CgroupNode::CgroupNode(std::string directory, std::string way, bool version2)
    : directory_(std::move(directory)), way_(std::move(way)), version2_(version2) {}

int CgroupNode::write(std::string_view file, std::string_view text) const {
  return write_small_file(way_ + '/' + std::string(file), text);
}

std::string CgroupNode::read(std::string_view file) const {
  return read_small_file(way_ + '/' + std::string(file));
}

bool CgroupNode::has(std::string_view file) const {
  return access((way_ + '/' + std::string(file)).c_str(), F_OK) == 0;
}

CgroupTree::~CgroupTree() {
  remove();
}

void CgroupTree::add_mount(std::string_view line, std::string_view own_groups) {
  // "36 35 98:0 /root /mount/point options … - type source super,options"
  const std::vector<std::string> fields = split(line, ' ');
  std::size_t dash = 0;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash + 3 >= fields.size() || fields.size() < 6) return;
  const std::string &type = fields[dash + 1];
  if (type != "cgroup" && type != "cgroup2") return;

  Hierarchy hierarchy;
  hierarchy.version2 = type == "cgroup2";
  if (!hierarchy.version2) hierarchy.controllers = split(fields[dash + 3], ',');
  std::string group;
  if (hierarchy.version2) {
    group = own_group(own_groups, "");
  } else {
    for (const std::string &controller : hierarchy.controllers)
      if (group.empty()) group = own_group(own_groups, controller);
  }
  const std::string &root = fields[3];
  if (root != "/" && group.compare(0, root.size(), root) == 0) group.erase(0, root.size());
  if (group == "/" || group.compare(0, 3, "/..") == 0) group.clear();
  hierarchy.parent = fields[4] + group;
  if (hierarchy.version2) {
    hierarchy.parent = version2_parent(hierarchy.parent);
    hierarchy.controllers = split(read_small_file(hierarchy.parent + "/cgroup.subtree_control"), ' ');
    if (!hierarchy.controllers.empty() && !hierarchy.controllers.back().empty() &&
        hierarchy.controllers.back().back() == '\n')
      hierarchy.controllers.back().pop_back();
    // cpu.stat, the accounting, is there in every version 2 group.
    hierarchy.controllers.emplace_back("cpuacct");
    hierarchy.controllers.emplace_back("");
  }
  // What is mounted over it later, to keep programs from writing there, does not stand in the way of this process.
  hierarchy.opened.reset(open(hierarchy.parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  hierarchy.way = "/proc/self/fd/" + decimal(static_cast<unsigned>(hierarchy.opened.get()));
  if (!hierarchy.opened || access(hierarchy.way.c_str(), F_OK) != 0) hierarchy.way = hierarchy.parent;
  hierarchies_.push_back(std::move(hierarchy));
}

void CgroupTree::discover() {
  if (discovered_) return;
  discovered_ = true;
  nodes_.reserve(6);
  const std::string mounts = read_small_file("/proc/self/mountinfo");
  const std::string own_groups = read_small_file("/proc/self/cgroup");
  for (const std::string &line : split(mounts, '\n'))
    if (line.find(" cgroup") != std::string::npos) add_mount(line, own_groups);
}

const CgroupTree::Hierarchy *CgroupTree::find(Controller controller) const {
  const Hierarchy *found = nullptr;
  for (const Hierarchy &hierarchy : hierarchies_) {
    if (!contains(hierarchy.controllers, name_of(controller))) continue;
    // The accounting of version 1 is per controller and cheaper to enter: prefer it where both exist.
    if (found == nullptr || found->version2) found = &hierarchy;
  }
  return found;
}

bool CgroupTree::available(Controller controller) const {
  const Hierarchy *hierarchy = find(controller);
  return hierarchy != nullptr && access(hierarchy->way.c_str(), W_OK) == 0;
}

CgroupNode *CgroupTree::node(Controller controller, std::string *why) {
  const Hierarchy *hierarchy = find(controller);
  if (hierarchy == nullptr) {
    if (why != nullptr) *why = "no control group hierarchy with " + std::string(name_of(controller)) + " is mounted";
    return nullptr;
  }
  const std::string directory = hierarchy->parent + '/' + name_;
  for (CgroupNode &made : nodes_)
    if (made.directory_ == directory) return &made;
  remove_abandoned(hierarchy->way);
  CgroupNode created(directory, hierarchy->way + '/' + name_, hierarchy->version2);
  const int error = make(created);
  if (error != 0) {
    if (why != nullptr) *why = "cannot make " + directory + ": " + std::string(error_text(error));
    rmdir(created.way_.c_str());
    return nullptr;
  }
  nodes_.push_back(std::move(created));
  return &nodes_.back();
}

int CgroupTree::make(CgroupNode &node) const {
  // Another runner may take the group for abandoned before it is locked: then once more.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (mkdir(node.way_.c_str(), 0755) != 0 && errno != EEXIST) return errno;
    node.lock_.reset(open(node.way_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!node.lock_ || flock(node.lock_.get(), LOCK_EX | LOCK_NB) != 0) continue;
    // Version 1 has `tasks`, which moves one thread without waiting for a grace period of the kernel.
    const std::string members = node.way_ + (node.version2_ ? "/cgroup.procs" : "/tasks");
    node.attach_.reset(open(members.c_str(), O_WRONLY | O_CLOEXEC));
    if (node.attach_) return 0;
  }
  return errno;
}

std::vector<std::string> CgroupTree::directories() const {
  std::vector<std::string> all;
  for (const Hierarchy &hierarchy : hierarchies_) all.push_back(hierarchy.parent + '/' + name_);
  return all;
}

void CgroupTree::remove() {
  for (CgroupNode &made : nodes_) {
    made.attach_.reset();
    made.lock_.reset();
    // A member that was reaped a moment ago can keep its group busy for an instant.
    for (int attempt = 0; attempt < 50 && rmdir(made.way_.c_str()) != 0 && errno == EBUSY; ++attempt) {
      const timespec pause = {0, 2'000'000};
      nanosleep(&pause, nullptr);
    }
  }
  nodes_.clear();
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "remedies.h"

#include <unistd.h>

#include <fstream>
#include <vector>

namespace execlet::local {
namespace {

constexpr const char *kDelegate =
    "start the host in a group of its own: systemd-run --user --scope -p Delegate=yes COMMAND";

// The first line of a small file; empty if it cannot be read.
std::string first_line(const std::string &path) {
  std::string line;
  std::ifstream stream(path);
  std::getline(stream, line);
  return line;
}

struct Setting {
  const char *name;  // of sysctl
  const char *refusing, *allowing;
};

// Each alone can forbid an ordinary user to make namespaces.
constexpr Setting kSettings[] = {
    {"user.max_user_namespaces", "0", "15000"},
    {"kernel.unprivileged_userns_clone", "0", "1"},              // Debian
    {"kernel.apparmor_restrict_unprivileged_userns", "1", "0"},  // Ubuntu
};

std::vector<Setting> refusing_settings() {
  std::vector<Setting> found;
  for (const Setting &setting : kSettings) {
    std::string path = std::string("/proc/sys/") + setting.name;
    path[path.find('.')] = '/';
    if (first_line(path) == setting.refusing) found.push_back(setting);
  }
  return found;
}

bool has_word(const std::string &line, std::string_view word) {
  return (' ' + line + ' ').find(' ' + std::string(word) + ' ') != std::string::npos;
}

// This process's group in the hierarchy of version 2; empty if there is none.
std::string own_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.compare(0, 3, "0::") == 0) return "/sys/fs/cgroup" + line.substr(3);
  return {};
}

std::string version_1_remedy(std::string_view controller) {
  const std::string name(controller);
  const std::string directory = "/sys/fs/cgroup/" + name;
  if (access(directory.c_str(), F_OK) != 0)
    return "mount the controller: mkdir " + directory + " && mount -t cgroup -o " + name + " " + name + " " + directory;
  if (geteuid() != 0)
    return "run as root, or boot with systemd.unified_cgroup_hierarchy=1 and " + std::string(kDelegate);
  return "make " + directory + " writable: in a container, start that with --privileged";
}

}  // namespace

std::string why_no_namespaces() {
  std::string settings;
  for (const Setting &setting : refusing_settings())
    settings += (settings.empty() ? "" : ", ") + std::string(setting.name) + " is " + setting.refusing;
  if (geteuid() != 0 && !settings.empty()) return settings;
  return "this process may not make namespaces";
}

std::string namespace_remedy() {
  std::string commands;
  for (const Setting &setting : refusing_settings())
    commands += (commands.empty() ? "" : " && ") + std::string("sysctl -w ") + setting.name + '=' + setting.allowing;
  if (geteuid() != 0 && !commands.empty()) return commands;
  return "in a container, start that with --cap-add SYS_ADMIN and --security-opt seccomp=unconfined";
}

std::string control_group_remedy(std::string_view controller) {
  const std::string root = "/sys/fs/cgroup/cgroup.controllers";
  if (access(root.c_str(), F_OK) != 0) return version_1_remedy(controller);
  if (!has_word(first_line(root), controller))
    return "boot a kernel with the controller " + std::string(controller) + " (" +
           (controller == "memory" ? "cgroup_enable=memory on its command line"
                                   : "cgroup_no_v1=all on its command line") +
           ")";
  const std::string group = own_group();
  if (access(group.c_str(), W_OK) != 0)
    return geteuid() != 0 ? kDelegate : "make " + group + " writable: in a container, start that with --privileged";
  if (!has_word(first_line(group + "/cgroup.controllers"), controller))
    return "have it delegated: systemctl edit user@.service, there [Service] Delegate=cpu cpuset io memory pids, and "
           "log in again";
  return kDelegate;
}

}  // namespace execlet::local

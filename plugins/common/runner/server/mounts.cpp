// SPDX-License-Identifier: Apache-2.0
#include "mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "small_file.h"

namespace execlet::runner {
namespace {

bool cut_off(const char *mount_point, unsigned long recursive) {
  return mount(nullptr, mount_point, nullptr, MS_SLAVE | recursive, nullptr) == 0;
}

// In a chroot "/" is a directory somewhere inside a mount that cannot be named from here, and through that mount what
// we mount could reach the host. So a copy of all that is visible becomes the root: that is a mount, and can be cut
// off. It needs a place which is cut off already; /proc is a mount in every system that works.
bool make_root_a_mount() {
  return cut_off("/proc", 0) && mount("/", "/proc", nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
         cut_off("/proc", MS_REC) && chroot("/proc") == 0 && chdir("/") == 0;
}

// Puts a copy over the directory or file `path` that cannot be written to, mounts below it included.
bool make_read_only(const char *path) {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return mount(path, path, nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
         syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) == 0;
}

// Mount points of control groups that are not below /sys.
std::vector<std::string> control_groups_elsewhere() {
  std::vector<std::string> points;
  const std::string mounts = read_small_file("/proc/self/mounts");
  for (std::string_view rest = mounts; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t point = line.find(' ') + 1, type = line.find(' ', point) + 1;
    if (point == 0 || type == 0) continue;
    const std::string_view name = line.substr(point, type - 1 - point);
    if (line.substr(type, 6) == "cgroup" && name.substr(0, 5) != "/sys/") points.emplace_back(name);
  }
  return points;
}

}  // namespace

bool own_mounts(Failure &failure) {
  const char *step = "make the mounts private";
  bool done = cut_off("/", MS_REC);
  if (!done && errno == EINVAL) {
    step = "make a mount of /, which is none (a chroot?), by way of /proc";
    done = make_root_a_mount();
  }
  if (done) {
    step = "mount a fresh /proc";
    done = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  }
  if (!done)
    failure = {Code::kUnavailable, "containment.unavailable",
               std::string("cannot ") + step + ": " + std::string(error_text(errno))};
  return done;
}

bool protect_system(bool root) {
  bool groups = make_read_only("/sys") || (errno == ENOENT);
  for (const std::string &point : control_groups_elsewhere()) groups = make_read_only(point.c_str()) && groups;
  if (root)
    for (const char *place : {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"})
      make_read_only(place);
  return groups;
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "mounts.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <string>

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

}  // namespace execlet::runner

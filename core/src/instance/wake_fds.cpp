// SPDX-License-Identifier: Apache-2.0
#include "wake_fds.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace execlet::core {

void WakeFds::close() {
  const std::lock_guard lock(mutex_);
  kept_ = 0;
  for (const int fd : free_) ::close(fd);
  free_.clear();
}

int WakeFds::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      const int fd = free_.back();
      free_.pop_back();
      return fd;
    }
  }
  return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void WakeFds::give_back(int fd) {
  {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kept_) {
      free_.push_back(fd);
      return;
    }
  }
  ::close(fd);
}

}  // namespace execlet::core

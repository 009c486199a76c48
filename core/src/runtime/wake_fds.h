// SPDX-License-Identifier: Apache-2.0
//
// Event descriptors for calls into plugins, kept for the next call: making one costs more than a whole empty run.
#pragma once

#include <mutex>
#include <vector>

namespace execlet::core {

// Thread-safe.
class WakeFds {
 public:
  WakeFds() = default;
  WakeFds(const WakeFds &) = delete;
  WakeFds &operator=(const WakeFds &) = delete;
  ~WakeFds();

  // A non-blocking eventfd with count 0, or -1 with errno set.
  int take();
  // `fd` must have count 0.
  void give_back(int fd);

 private:
  static constexpr std::size_t kKept = 64;

  std::mutex mutex_;
  std::vector<int> free_;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Event descriptors for calls into plugins, kept for the next call: making one costs more than a whole empty run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace execlet::core {

// Thread-safe.
class WakeFds {
 public:
  WakeFds() = default;
  WakeFds(const WakeFds &) = delete;
  WakeFds &operator=(const WakeFds &) = delete;
  ~WakeFds() { close(); }

  // A non-blocking eventfd with count 0, or -1 with errno set.
  int take();
  // `fd` must have count 0.
  void give_back(int fd);
  // Keeps none from now on.
  void close();

 private:
  std::mutex mutex_;
  std::vector<int> free_;
  std::size_t kept_ = std::max(1u, std::thread::hardware_concurrency());  // at most
};

}  // namespace execlet::core

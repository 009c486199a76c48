// SPDX-License-Identifier: Apache-2.0
#include "fork_mark.h"

#include <pthread.h>

#include <atomic>

namespace execlet::core {
namespace {

std::atomic<unsigned> generation{0};  // how many forks this process is away from the one that loaded the library

void in_child() {
  generation.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

ForkMark::ForkMark() {
  // The library is never unloaded, so that the handler stays valid.
  static const int registered = pthread_atfork(nullptr, nullptr, &in_child);
  (void)registered;
  generation_ = generation.load(std::memory_order_relaxed);
}

bool ForkMark::foreign() const {
  return generation_ != generation.load(std::memory_order_relaxed);
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What happened in one runtime, for whoever watches a host. Only ever added to.
#pragma once

#include <execlet/execlet.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace execlet::core {

using Counter = std::atomic<std::uint64_t>;

inline void count(Counter &counter, std::uint64_t more = 1) {
  counter.fetch_add(more, std::memory_order_relaxed);
}

struct Counters {
  Counter begun{0};
  std::array<Counter, EXECLET_INTERNAL_ERROR + 1> ended{};  // by execlet_status
  Counter instances_opened{0};
  Counter instances_closed{0};
  Counter output_bytes{0};
  Counter events_dropped{0};
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What the tests of pools share.
#pragma once

#include <atomic>
#include <memory>

#include "fake_plugin.h"
#include "pool/pool.h"

namespace execlet::core::test {

inline CoreSettings with_pool(PoolSettings pool) {
  CoreSettings settings;
  settings.pool = pool;
  return settings;
}

inline PoolSettings pool_of(std::size_t min_idle, std::size_t max) {
  PoolSettings pool;
  pool.min_idle = min_idle;
  pool.max = max;
  return pool;
}

inline std::size_t waiting(FakeExecutor &fake) {
  return std::dynamic_pointer_cast<Pool>(*fake.executor->source_for({}))->waiting();
}

// Runs stay inside until released; counts how many are.
struct Inside {
  std::atomic<int> now{0}, most{0};
  Gate release;

  execlet_abi_status run(FakeRun &run) {
    run.started();
    const int count = ++now;
    for (int seen = most; seen < count && !most.compare_exchange_weak(seen, count);) {
    }
    release.wait();
    --now;
    return run.exit(0);
  }
};

}  // namespace execlet::core::test

// SPDX-License-Identifier: Apache-2.0
//
// Where log lines of the core and of plugins go: the host's callback, until the runtime is closed.
#pragma once

#include <execlet/execlet.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <shared_mutex>
#include <string>

namespace execlet::core {

// Thread-safe.
class LogSink {
 public:
  using Function = void (*)(void *ctx, std::int32_t level, const char *component, const char *message);

  LogSink(Function function, void *ctx, std::int32_t level)
      : function_(function), ctx_(ctx), level_(level < EXECLET_LOG_OFF ? level : kOff) {
    if (!function) level_ = kOff;
  }

  bool enabled(std::int32_t level) const { return level >= level_.load(std::memory_order_relaxed) && level < kOff; }
  void write(std::int32_t level, const std::string &component, const std::string &message);
  // After it returns the callback is not running and never called again: a thread that a plugin holds back may still
  // log.
  void close();

 private:
  // Above every level that a plugin may make up.
  static constexpr std::int32_t kOff = std::numeric_limits<std::int32_t>::max();

  const Function function_;
  void *const ctx_;
  std::atomic<std::int32_t> level_;
  std::shared_mutex mutex_;  // shared while the callback runs
  bool closed_ = false;
};

}  // namespace execlet::core

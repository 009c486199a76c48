// SPDX-License-Identifier: Apache-2.0
#include "log_sink.h"

#include <mutex>

namespace execlet::core {

void LogSink::write(std::int32_t level, const std::string &component, const std::string &message) {
  if (!enabled(level)) return;
  const std::shared_lock lock(mutex_);
  if (!closed_) function_(ctx_, level, component.c_str(), message.c_str());
}

void LogSink::close() {
  level_ = kOff;
  const std::unique_lock lock(mutex_);
  closed_ = true;
}

}  // namespace execlet::core

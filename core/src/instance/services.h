// SPDX-License-Identifier: Apache-2.0
//
// What all executors of one runtime share. Held by everything that may outlive the runtime, such as a thread that a
// plugin does not return from.
#pragma once

#include <cstdint>

#include "../loader/log_sink.h"
#include "counters.h"
#include "deadlines.h"
#include "execution_ids.h"
#include "run_threads.h"
#include "wake_fds.h"

namespace execlet::core {

struct Services {
  Services(LogSink::Function log_function, void *log_ctx, std::int32_t log_level)
      : log(log_function, log_ctx, log_level) {}

  LogSink log;
  Counters counters;
  ExecutionIds ids;
  WakeFds wake_fds;
  RunThreads threads;
  Deadlines deadlines{threads};
};

}  // namespace execlet::core

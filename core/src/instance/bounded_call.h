// SPDX-License-Identifier: Apache-2.0
//
// A call that may never return, made on another thread, so that whoever wants its answer can go on without it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "clock.h"
#include "run_threads.h"

namespace execlet::core {

class BoundedCall {
 public:
  // Begins. `call` must not throw, and must own all that it uses: it may still run when nobody remembers it. Once
  // `threads` is closed it gets a thread of its own; where there is none to be had it is made here and now.
  BoundedCall(RunThreads &threads, std::function<void()> call);

  // False if it has not returned by `limit`. Once true, what it wrote can be read; before that it must not be touched.
  bool wait(TimePoint limit);

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool returned = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The threads that submitted executions run on. Tasks begin in order. Every one of them may block for long inside a
// plugin: those that do get a thread each, up to a cap; those that do not share as many as there are processors.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "clock.h"

namespace execlet::core {

// Thread-safe.
class RunThreads {
 public:
  using Task = std::function<void()>;  // must not throw

  // 1,024, or fewer where each could not have the descriptors that a run takes.
  static std::size_t default_cap();

  explicit RunThreads(std::size_t cap = default_cap(), Nanoseconds idle_time = std::chrono::seconds(5));
  RunThreads(const RunThreads &) = delete;
  RunThreads &operator=(const RunThreads &) = delete;
  ~RunThreads();

  // False after close, or if there is not one thread to be had: the task will not run.
  bool post(Task task);
  // As post, before all that waits and beyond the cap: for what somebody waits for, and is short if all is well.
  bool post_urgent(Task task);
  // Runs what was posted, then ends the threads, waiting until `limit`. Returns how many threads are held back by their
  // task; these are left behind and end when it returns. Must not be called on one of the threads.
  std::size_t close(TimePoint limit);

 private:
  struct Pool;
  bool add(Task task, std::deque<Task> &to);
  std::shared_ptr<Pool> pool_;  // shared with the threads, which may outlive this object
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Signals while a program runs: the first SIGINT, SIGTERM or SIGHUP cancels the run, the second one ends us at once
// (then the end of our stream ends the program). Handlers, not masks or SIG_IGN: both would be inherited by what is
// started, handlers are not.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace execlet::cli {

// At most one at a time.
class SignalCancel {
 public:
  // Signals that were ignored when we started (nohup, a background job) stay ignored. SIGPIPE becomes an error of
  // write.
  SignalCancel();
  ~SignalCancel();
  SignalCancel(const SignalCancel &) = delete;
  SignalCancel &operator=(const SignalCancel &) = delete;

  // Calls `cancel`, on a thread of its own, when a signal comes or has come already. An empty one is not called.
  void on_first(std::function<void()> cancel);
  // Makes stop_fd() readable; for other reasons to end.
  void stop();
  int stop_fd() const { return stop_fd_; }
  // 0 if none came.
  int first_signal() const { return first_signal_; }

 private:
  void watch();

  int stop_fd_ = -1;
  int pipe_[2] = {-1, -1};
  std::atomic<int> first_signal_{0};
  std::mutex mutex_;
  std::function<void()> cancel_;
  std::thread thread_;
};

// Ends this process as the default action of SIGPIPE would; returns where that is ignored.
void die_of_sigpipe();

}  // namespace execlet::cli

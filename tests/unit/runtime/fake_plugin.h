// SPDX-License-Identifier: Apache-2.0
//
// A backend inside the test program: a plugin table whose functions do what the test says, and count.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "execlet/plugin.h"
#include "instance/services.h"
#include "loader/manifest.h"
#include "runtime/executor.h"

namespace execlet::core::test {

// Something that one thread waits for until another says so; a wait that takes 20 s fails the test.
class Gate {
 public:
  void open();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// What a test waits for happens on another thread; 20 s are "never".
template <class Condition>
bool eventually(Condition condition) {
  const TimePoint limit = Clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (Clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// What a test's `run` is given.
struct FakeRun {
  const execlet_abi_host *host;
  const execlet_abi_call *call;
  const execlet_abi_request *request;
  execlet_abi_result *result;
  execlet_abi_error *error;

  void started() const;
  execlet_abi_status output(int stream, std::string_view bytes) const;
  execlet_abi_status skipped(int stream, std::uint64_t bytes) const;
  void notice(std::string_view code, std::string_view text) const;
  void display(std::string_view mime, std::string_view data) const;
  void artifact(std::string_view name, std::string_view data) const;
  void limit(execlet_abi_limit kind, std::uint64_t enforced, std::string_view how) const;
  execlet_abi_status fail(execlet_abi_status status, std::string_view reason, std::string_view message) const;
  execlet_abi_status exit(int code) const;
  execlet_abi_status end(execlet_abi_outcome outcome) const;
  execlet_abi_cancel cancelled() const { return call->cancelled(call->ctx); }
  // Sleeps on the wake descriptor until a stop at least as strong was asked for.
  execlet_abi_cancel wait_for_cancel(execlet_abi_cancel least = EXECLET_ABI_CANCEL_INTERRUPT) const;
  // All that read_input gives until the end of input.
  std::string read_all() const;
  std::string_view code() const { return {request->code.data, request->code.size}; }
};

// A run that goes on until it is let go, whatever it is asked.
struct HeldRun {
  Gate running, release;

  execlet_abi_status run(FakeRun &run) {
    run.started();
    running.open();
    release.wait();
    return run.exit(0);
  }
};

class FakePlugin {
 public:
  FakePlugin();
  FakePlugin(const FakePlugin &) = delete;
  FakePlugin &operator=(const FakePlugin &) = delete;

  std::function<execlet_abi_status(FakeRun &run)> run;    // default: started, exit 0
  std::function<execlet_abi_status(FakeRun &open)> open;  // only call and error are set; default: OK
  std::function<execlet_abi_status()> reset;              // default: OK
  std::function<void(execlet_abi_cancel)> cancel;
  std::function<void()> on_close, on_describe;
  std::string description = "{}";
  Manifest manifest;
  execlet_abi_plugin table;

  std::atomic<int> opened{0}, closed{0}, resets{0}, runs{0}, describes{0}, destroyed{0};
  std::atomic<int> instances_in_use{0};  // greatest number of runs at once in one instance must be 1
  std::atomic<bool> overlapped{false};
  std::vector<std::uint64_t> opened_with_memory;  // limits->memory of each open; read when all is quiet
  const execlet_abi_host *host = nullptr;
  std::mutex mutex;
};

// An executor over a fake with services of its own.
struct FakeExecutor {
  explicit FakeExecutor(FakePlugin &plugin, CoreSettings settings = {});
  // Another executor of `other`'s runtime.
  FakeExecutor(FakePlugin &plugin, const FakeExecutor &other, const std::string &name, const std::string &option = {});
  FakeExecutor(const FakeExecutor &) = delete;
  FakeExecutor &operator=(const FakeExecutor &) = delete;
  ~FakeExecutor();

  void close();
  RunResult execute(Request request, EventCallback callback = {});
  std::shared_ptr<Execution> submit(Request request, EventCallback callback = {});

  std::shared_ptr<Services> services;
  std::shared_ptr<Sessions> sessions;
  std::shared_ptr<Executor> executor;

 private:
  const bool owns_services_;
};

Request code_request(std::string code = "1", std::string language = "python");

// Collects the events of an execution as short lines: "started", "stdout hello", "notice code: text".
class EventLog {
 public:
  EventCallback callback() { return {&EventLog::receive, this, nullptr}; }
  std::vector<std::string> lines();
  std::function<void(const execlet_event &)> on_event;

 private:
  static void receive(void *ctx, execlet_execution *execution, const execlet_event *event);
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace execlet::core::test

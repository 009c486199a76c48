// SPDX-License-Identifier: Apache-2.0
//
// One run of one request: queued, then running on one thread, then ended with exactly one result.
#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "../instance/call_context.h"
#include "../instance/input_pipe.h"
#include "../instance/instance_source.h"
#include "ending.h"
#include "event_sink.h"
#include "prepared_request.h"
#include "run_result.h"
#include "watchdog.h"

namespace execlet::core {

class Executor;

// Thread-safe, except that `run` is called once, by the thread that shall run it.
class Execution : public std::enable_shared_from_this<Execution> {
 public:
  // Made by Executor::begin. With a failure instead of a request it has ended from the start.
  Execution(std::shared_ptr<Executor> executor, PreparedRequest request, EventCallback callback);
  Execution(std::shared_ptr<Executor> executor, Failure failure);

  Execution(const Execution &) = delete;
  Execution &operator=(const Execution &) = delete;
  ~Execution();

  // Before run or queue: arms what depends on a shared pointer to this.
  Result<void> prepare();
  // Where it will run, and in which order among those who want to run there: also before run or queue.
  void enter(std::shared_ptr<InstanceSource> source);
  // It will be run by another thread: until then a stop ends it at once.
  void queue();
  void run() noexcept;

  const std::string &id() const { return id_; }
  Nanoseconds kill_grace() const { return request_.kill_grace; }

  // At any phase, from any thread, any number of times. The first cause counts.
  void cancel(StopCause cause = StopCause::kCaller);
  // False if it has not ended at `limit`.
  bool wait(TimePoint limit);
  // Waits for the end. Valid as long as this.
  RunResult &result();
  // Ends it without running it.
  void fail(Failure failure);
  // Standard input of a request with open_stdin. False if the execution ended.
  bool write_input(std::string_view data);
  void end_input() { input_.end_input(); }

 private:
  friend class Executor;

  Nanoseconds on_started(TimePoint started);
  bool complete();
  bool begin_running();
  void end_in_queue();
  void run_steps();
  std::unique_ptr<RunResult> run_blocks(InstanceSource &source, Lease &lease);
  std::unique_ptr<RunResult> run_step(InstanceSource &source, Lease &lease, std::size_t step);
  std::optional<Failure> run_in_new_lease(InstanceSource &source, Lease &lease, std::size_t step, StepEnd &end);
  StepEnd run_in(Instance &instance, std::size_t step);
  TimePoint turn_came();
  void leave_source();
  void note_lost_state();
  void look_for_end(TimePoint limit) const;
  bool give_up();
  void finish(std::unique_ptr<RunResult> result);
  void count_end(const RunResult &result);

  const std::shared_ptr<Executor> executor_;
  const std::string id_;
  PreparedRequest request_;  // completed by the running thread
  InputPipe input_;
  EventSink sink_;
  CallContext context_;
  Watchdog watchdog_;
  bool usable_ = true;  // the instance may serve others; only used by the running thread

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<InstanceSource> source_;  // until it has ended
  std::string session_;                     // where it ran
  bool state_lost_ = false;
  std::atomic<bool> ended_{false};     // set with the lock held, when the result is there
  std::unique_ptr<RunResult> result_;  // once it has ended

  // Among the executor's active ones, if listed; the executor's to use.
  std::list<std::weak_ptr<Execution>>::iterator position_;
  bool listed_ = false;
};

}  // namespace execlet::core

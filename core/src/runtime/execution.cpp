// SPDX-License-Identifier: Apache-2.0
#include "execution.h"

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "abi_request.h"
#include "ending.h"
#include "executor.h"

namespace execlet::core {
namespace {

// A short run ends while one looks, which costs less than being woken.
constexpr Nanoseconds kLookTime = std::chrono::microseconds(20);

Watchdog::Limits watchdog_limits(const PreparedRequest &request, const Executor &executor) {
  Watchdog::Limits limits;
  limits.kill_grace = request.kill_grace;
  limits.backend_keeps_time =
      executor.manifest().capabilities.limits[EXECLET_ABI_LIMIT_WALL_TIME].scope == LimitScope::kRun;
  if (request.deadline) limits.deadline = Clock::now() + *request.deadline;
  return limits;
}

// The timer's thread is started at first need, which may be any arming of a deadline.
Failure failure_of_system(const std::system_error &error) {
  if (error.code() == std::errc::resource_unavailable_try_again)
    return {EXECLET_UNAVAILABLE, "host.threads", "the host has no thread for the timer: " + error.code().message(),
            "{}", true};
  return {EXECLET_INTERNAL_ERROR, "core.exception", error.what()};
}

bool was_stopped(const StepEnd &end) {
  return end.status == EXECLET_ABI_TIMEOUT || end.status == EXECLET_ABI_CANCELLED ||
         (end.status == EXECLET_ABI_OK &&
          (end.answer.outcome == EXECLET_ABI_OUTCOME_TIMED_OUT || end.answer.outcome == EXECLET_ABI_OUTCOME_CANCELLED));
}

}  // namespace

Execution::Execution(std::shared_ptr<Executor> executor, PreparedRequest request, EventCallback callback)
    : executor_(std::move(executor)),
      id_(executor_->services().ids.next()),
      request_(std::move(request)),
      sink_(callback, request_.output_retention, executor_->services().counters.events_dropped,
            [this](TimePoint started) { return on_started(started); }),
      context_(executor_->services().wake_fds, &sink_, &input_),
      watchdog_(executor_->services().deadlines, context_, watchdog_limits(request_, *executor_),
                [this] { return give_up(); }) {
  count(executor_->services().counters.begun);
}

Execution::Execution(std::shared_ptr<Executor> executor, Failure failure)
    : Execution(std::move(executor), PreparedRequest{}, EventCallback{}) {
  fail(std::move(failure));
}

Execution::~Execution() {
  leave_source();
  executor_->ended(*this);  // also one that nobody came to run
}

Result<void> Execution::prepare() {
  if (!request_.source->artifacts_dir.empty()) {
    if (auto used = sink_.artifacts().use_directory(request_.source->artifacts_dir); !used) return used;
  }
  watchdog_.set_self(std::shared_ptr<Alarm>(shared_from_this(), &watchdog_));
  try {
    watchdog_.begin_waiting();
  } catch (const std::system_error &e) {
    return failure_of_system(e);
  }
  input_.begin(request_.source->stdin_data, request_.source->open_stdin);
  if (request_.source->open_stdin) input_.set_reader([this] { context_.input_arrived(); });
  return {};
}

Nanoseconds Execution::on_started(TimePoint started) {
  watchdog_.run_started(started);
  const Nanoseconds most = request_.timeout + request_.kill_grace;
  return watchdog_.deadline() == kNever ? most : std::min<Nanoseconds>(most, watchdog_.deadline() - started);
}

void Execution::queue() {
  context_.set_cancel_hook([this](execlet_abi_cancel) { end_in_queue(); });
}

void Execution::run() noexcept {
  try {
    if (complete() && begin_running()) run_steps();
  } catch (const std::bad_alloc &) {
    fail({EXECLET_INTERNAL_ERROR, "memory.exhausted", "out of memory"});
  } catch (const std::system_error &e) {
    fail(failure_of_system(e));
  } catch (const std::exception &e) {
    fail({EXECLET_INTERNAL_ERROR, "core.exception", e.what()});
  }
  leave_source();  // although somebody else has ended it
  context_.release_wake_fd();
}

void Execution::end_in_queue() {
  fail(failure_of_stop(watchdog_.cause(), false, request_, executor_->start_timeout()));
}

// Still in the queue: a stop ends it whether the backend answers or not.
bool Execution::complete() {
  if (ended_ || request_.complete) return !ended_;
  auto done = complete_request(request_, *executor_);
  if (done) return true;
  fail(std::move(done).failure());
  return false;
}

bool Execution::begin_running() {
  context_.set_cancel_hook(nullptr);
  return !ended_;
}

void Execution::run_steps() {
  std::shared_ptr<InstanceSource> source;
  {
    const std::lock_guard lock(mutex_);
    source = source_;
  }
  if (!source) return;  // it was given up
  if (!context_.acquire_wake_fd()) return fail(no_descriptor_failure());
  Lease lease;
  std::unique_ptr<RunResult> result = request_.is_blocks ? run_blocks(*source, lease) : run_step(*source, lease, 0);
  if (lease.instance) source->give_back(std::move(lease.instance), usable_ && !ended_, context_);
  finish(std::move(result));
}

std::unique_ptr<RunResult> Execution::run_blocks(InstanceSource &source, Lease &lease) {
  std::vector<RunResult> blocks;
  blocks.reserve(request_.steps.size());
  for (std::size_t step = 0; step < request_.steps.size(); ++step) {
    blocks.push_back(std::move(*run_step(source, lease, step)));
    if (blocks.back().status != EXECLET_OK) break;
  }
  return std::make_unique<RunResult>(combine_blocks(std::move(blocks), request_.output_retention));
}

std::unique_ptr<RunResult> Execution::run_step(InstanceSource &source, Lease &lease, std::size_t step) {
  sink_.begin_step(step);
  if (step == 0) {
    for (const Notice &notice : request_.notices) sink_.note(notice);
  }
  StepEnd end;
  std::optional<Failure> refused;
  if (context_.level() != EXECLET_ABI_CANCEL_NONE)
    end.status = EXECLET_ABI_CANCELLED;
  else if (lease.instance)
    end = run_in(*lease.instance, step);
  else
    refused = run_in_new_lease(source, lease, step, end);
  end.cause = watchdog_.cause();
  // A plugin that keeps the call's deadline by itself may come back before the timer has fired.
  if (end.cause == StopCause::kNone && was_stopped(end) && Clock::now() >= watchdog_.deadline())
    end.cause = StopCause::kDeadline;
  std::unique_ptr<RunResult> result = sink_.take();
  if (context_.event_lost())
    set_failure(*result, {EXECLET_INTERNAL_ERROR, "memory.exhausted", "out of memory for what the run told"});
  else if (refused)
    set_failure(*result, *std::move(refused));
  else
    conclude(*result, end, request_, executor_->manifest(), executor_->start_timeout());
  return result;
}

// An idle instance may have died since its last use: a run that certainly did not start there is tried again in
// another.
std::optional<Failure> Execution::run_in_new_lease(InstanceSource &source, Lease &lease, std::size_t step,
                                                   StepEnd &end) {
  const LeaseCall call{context_, [this] { return turn_came(); }};
  watchdog_.begin_waiting();
  LeaseAnswer answer = source.lease(request_.instance_key, call);
  while (true) {
    if (auto *refused = std::get_if<Failure>(&answer)) return std::move(*refused);
    if (auto *failed = std::get_if<OpenFailure>(&answer)) {
      end.status = failed->status;
      end.error = std::move(failed->error);
      return std::nullopt;
    }
    lease = std::move(std::get<Lease>(answer));
    if (lease.state_lost) note_lost_state();
    end = run_in(*lease.instance, step);
    const bool stale = lease.was_idle && !sink_.started() && watchdog_.cause() == StopCause::kNone &&
                       end.status == EXECLET_ABI_INVALID_STATE;
    if (!stale) return std::nullopt;
    answer = source.replace(std::move(lease.instance), request_.instance_key, call);
  }
}

StepEnd Execution::run_in(Instance &instance, std::size_t step) {
  if (!request_.source->open_stdin) input_.begin(request_.source->stdin_data, false);
  if (!request_.source->stdin_data.empty()) context_.input_arrived();
  const AbiRequest request(request_, step, id_, sink_.output_wanted(), sink_.artifacts().room());
  StepEnd end;
  end.answer.struct_size = sizeof end.answer;
  watchdog_.begin_run(executor_->start_timeout(), request_.timeout);
  end.status = instance.run(context_, watchdog_.deadline(), request.raw(), end.answer, end.error);
  if (sink_.started()) end.measured_ns = static_cast<std::uint64_t>((Clock::now() - sink_.started_at()).count());
  end.user_error = sink_.user_error();
  usable_ = end.status == EXECLET_ABI_OK && (end.answer.flags & EXECLET_ABI_RESULT_POISONED) == 0;
  return end;
}

TimePoint Execution::turn_came() {
  watchdog_.begin_call(executor_->start_timeout());
  return std::min(watchdog_.deadline(), Clock::now() + executor_->start_timeout());
}

void Execution::enter(std::shared_ptr<InstanceSource> source) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  session_ = source->session_name();
  source_ = std::move(source);
  source_->line_up(context_, std::shared_ptr<Stoppable>(shared_from_this(), &watchdog_));
}

void Execution::note_lost_state() {
  const std::lock_guard lock(mutex_);
  state_lost_ = true;
}

// Who waits for what this one holds goes on without it.
void Execution::leave_source() {
  std::shared_ptr<InstanceSource> source;
  {
    const std::lock_guard lock(mutex_);
    source.swap(source_);
  }
  if (source) source->abandon(context_);
}

void Execution::cancel(StopCause cause) {
  watchdog_.stop(cause);
}

void Execution::look_for_end(TimePoint limit) const {
  for (TimePoint now = Clock::now(), until = std::min(limit, now + kLookTime); !ended_ && now < until;
       now = Clock::now())
    std::this_thread::yield();
}

bool Execution::wait(TimePoint limit) {
  look_for_end(limit);
  if (ended_) return true;
  std::unique_lock lock(mutex_);
  const auto ended = [this] { return ended_.load(); };
  if (limit != kNever) return changed_.wait_until(lock, limit, ended);
  changed_.wait(lock, ended);
  return true;
}

RunResult &Execution::result() {
  wait(kNever);
  return *result_;
}

bool Execution::write_input(std::string_view data) {
  return input_.write(data);
}

// The plugin does not come back: whoever waits gets a result, the thread and the instance stay with the plugin.
bool Execution::give_up() {
  if (!sink_.try_abandon()) return false;
  std::unique_ptr<RunResult> result = sink_.take();
  const bool started = result->failure.started;
  const Failure why = failure_of_stop(watchdog_.cause(), started, request_, executor_->start_timeout());
  Failure failure{EXECLET_INTERNAL_ERROR, "plugin.stuck",
                  "the backend did not come back when told to stop (" + why.message + "); the code may still run"};
  failure.started = started;
  executor_->services().log.write(EXECLET_LOG_ERROR, executor_->name(), id_ + ": " + failure.message);
  set_failure(*result, std::move(failure));
  finish(std::move(result));
  return true;
}

void Execution::fail(Failure failure) {
  auto result = std::make_unique<RunResult>();
  set_failure(*result, std::move(failure));
  finish(std::move(result));
}

// Before anybody can know that it has ended.
void Execution::count_end(const RunResult &result) {
  Counters &counters = executor_->services().counters;
  count(counters.ended[static_cast<std::size_t>(result.status)]);
  count(counters.output_bytes, result.output.size() + result.error.size() + result.truncated[0] + result.truncated[1]);
}

void Execution::finish(std::unique_ptr<RunResult> result) {
  leave_source();
  std::unique_lock lock(mutex_);
  const std::string session = session_;
  const bool state_lost = state_lost_;
  lock.unlock();
  const auto sign = [&](RunResult &signed_result) {
    signed_result.execution_id = id_;
    signed_result.executor = executor_->name();
    signed_result.backend = executor_->manifest().name;
    signed_result.session = session;
  };
  sign(*result);
  for (RunResult &block : result->blocks) sign(block);
  if (state_lost) {  // before the first of them began
    result->state_lost = true;
    if (!result->blocks.empty()) result->blocks.front().state_lost = true;
  }
  watchdog_.end();
  input_.abandon();
  lock.lock();
  if (ended_) return;
  count_end(*result);
  result_ = std::move(result);
  ended_ = true;
  lock.unlock();
  changed_.notify_all();
  executor_->ended(*this);
}

}  // namespace execlet::core

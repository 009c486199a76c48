// SPDX-License-Identifier: Apache-2.0
#include "execution.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "clock.h"
#include "living.h"
#include "program.h"

namespace execlet::runner {
namespace {

constexpr std::uint64_t kDrainPatience = 100 * kMillisecond;
constexpr std::uint64_t kLasting = 20 * kMillisecond;
constexpr std::uint64_t kNoLimit = UINT64_MAX;

std::uint64_t later(std::uint64_t now, std::uint64_t delay) {
  return delay < kNoLimit - now ? now + delay : kNoLimit;
}

}  // namespace

Execution::Execution(const Surroundings &around, StartRequest request)
    : around_(around),
      request_(std::move(request)),
      reaper_(around.processes),
      stdout_(kStdoutStream, around.drop_fd),
      stderr_(kStderrStream, around.drop_fd) {}

bool Execution::start(std::uint64_t last_change_ns, Failure &failure) {
  SpawnPlan plan;
  std::vector<LimitInForce> in_force;
  if (!around_.workspace.ensure(failure) || !prepare(plan, in_force, failure)) return false;
  if (!request_.collect.globs.empty()) request_.collect.since_ns = mark_inode_time(last_change_ns);
  if (!launch(plan, failure)) return false;
  announce(in_force);
  return true;
}

bool Execution::prepare(SpawnPlan &plan, std::vector<LimitInForce> &in_force, Failure &failure) {
  plan.environment = std::move(request_.environment);
  const StartRequest::Argument &first = request_.arguments.front();
  if (first.kind == StartRequest::ArgumentKind::kText) {
    plan.program = find_program(first.text, plan.environment, failure);
    if (plan.program.empty() || !check_program(plan.program, Foreign::kPerhaps, failure)) return false;
  }
  for (StartRequest::Argument &argument : request_.arguments) {
    if (argument.kind != StartRequest::ArgumentKind::kProgram) continue;
    argument.text = find_program(argument.text, plan.environment, failure);
    if (argument.text.empty() || !check_program(argument.text, Foreign::kRefused, failure)) return false;
  }
  StagedSnippet &snippet = around_.snippet;
  if (request_.snippet_name.empty()) {
    snippet.remove();
  } else {
    if (!snippet.place(request_.snippet_name, request_.snippet_data, request_.snippet_own_directory, failure))
      return false;
    if (snippet.moved())
      notices_.push_back(std::string("staging.moved") + '\0' + around_.workspace.work_path() +
                         " is not writable; the code was put into " + snippet.directory_path());
  }
  for (StartRequest::Argument &argument : request_.arguments) {
    switch (argument.kind) {
      case StartRequest::ArgumentKind::kText:
      case StartRequest::ArgumentKind::kProgram:
        plan.arguments.push_back(std::move(argument.text));
        break;
      case StartRequest::ArgumentKind::kSnippetPath:
        plan.arguments.push_back(snippet.path());
        break;
      case StartRequest::ArgumentKind::kSnippetDirectory:
        plan.arguments.push_back(snippet.directory_path());
        break;
    }
  }
  if (plan.program.empty()) plan.program = plan.arguments.front();
  plan.guard = &around_.guard;
  if (around_.processes.attach_fd() >= 0) plan.attach_fds.push_back(around_.processes.attach_fd());
  LimitValues wanted = request_.limits;
  if (wanted[kWallTime] != 0) wanted[kWallTime] = request_.timeout_ns;
  return around_.limits.apply(wanted, (request_.flags & kStartBestEffort) != 0, plan, in_force, failure);
}

bool Execution::open_streams(SpawnPlan &plan, Descriptor &input, Failure &failure) {
  const bool has_input = (request_.flags & kStartHasInput) != 0;
  if (has_input) input = stdin_.open();
  if ((has_input && !input) || !around_.streams[0].make() || !around_.streams[1].make()) {
    failure = {Code::kResourceExhausted, "start.no-pipes",
               "cannot open the program's streams: " + std::string(error_text(errno))};
    return false;
  }
  stdout_.open(std::move(around_.streams[0]), request_.output_wanted);
  stderr_.open(std::move(around_.streams[1]), request_.output_wanted);
  plan.stdin_fd = has_input ? input.get() : around_.null_fd;
  plan.stdout_fd = stdout_.program_end();
  plan.stderr_fd = stderr_.program_end();
  return true;
}

bool Execution::launch(SpawnPlan &plan, Failure &failure) {
  Descriptor input;
  if (!open_streams(plan, input, failure)) return false;
  started_ns_ = monotonic_ns();
  const SpawnResult spawned = spawn(plan);
  switch (spawned.failed) {
    case SpawnStep::kNone:
      break;
    case SpawnStep::kExec:
      failure = explain_exec_error(plan.program, spawned.error);
      return false;
    case SpawnStep::kAttach:
      failure = {Code::kUnavailable, "start.no-control-group",
                 "the program cannot enter its control group: " + std::string(error_text(spawned.error))};
      return false;
    case SpawnStep::kResourceLimit:
      failure = {Code::kPolicy, "limits.not-enforceable",
                 "cannot set a resource limit: " + std::string(error_text(spawned.error))};
      return false;
    case SpawnStep::kGuard:
      failure = {Code::kUnavailable, "start.not-guarded",
                 "the program cannot be kept from turning on the runner: " + std::string(error_text(spawned.error))};
      return false;
    case SpawnStep::kClone:
      failure = {Code::kResourceExhausted, "start.no-process",
                 "cannot start a process: " + std::string(error_text(spawned.error))};
      return false;
  }
  pid_ = spawned.pid;
  reaper_.watch(pid_);
  lasts_at_ = started_ns_ + kLasting;
  if (request_.timeout_ns != 0) timeout_at_ = later(started_ns_, request_.timeout_ns);
  if (request_.limits[kCpuTime] != 0) sample_at_ = started_ns_;
  return true;
}

void Execution::announce(const std::vector<LimitInForce> &in_force) {
  MessageWriter message(around_.transport.out(), FrameType::kStarted);
  message.number(Tag::kStartedNs, started_ns_);
  for (const LimitInForce &limit : in_force) message.limit(Tag::kLimit, {limit.kind, limit.value, limit.how});
  (void)message.finish();
}

std::size_t Execution::fill_poll(pollfd *entries) {
  std::size_t count = 0;
  if (phase_ == Phase::kRunning || phase_ == Phase::kDraining) {
    for (const OutputPipe *pipe : {&stdout_, &stderr_})
      if (pipe->is_open() && pipe->rests_until() == 0 && pipe->may_take(around_.transport))
        entries[count++] = {pipe->fd(), POLLIN, 0};
  }
  if (phase_ == Phase::kRunning && stdin_.wants_write()) entries[count++] = {stdin_.fd(), POLLOUT, 0};
  return count;
}

void Execution::ready(const pollfd *entries, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (entries[i].revents == 0) continue;
    if (stdout_.is_open() && entries[i].fd == stdout_.fd())
      relay(stdout_);
    else if (stderr_.is_open() && entries[i].fd == stderr_.fd())
      relay(stderr_);
    else
      stdin_.advance(around_.transport);
  }
}

bool Execution::rests(const OutputPipe &pipe) const {
  return pipe.is_open() && pipe.rests_until() != 0 && pipe.may_take(around_.transport);
}

void Execution::relay(OutputPipe &pipe) {
  std::uint64_t allowance = kNoLimit;
  const std::uint64_t limit = request_.limits[kOutput];
  if (limit != 0) {
    const std::uint64_t seen = stdout_.bytes() + stderr_.bytes();
    // One byte more than allowed tells a program that stops at the limit from one that passes it; it is not sent.
    if (seen >= limit) {
      if (!pipe.probe()) return pipe.end_rest();
      hits_ |= 1u << kOutput;
      stdout_.close();
      stderr_.close();
      stop(Stop::kLimit, true, monotonic_ns());
      return;
    }
    allowance = limit - seen;
  }
  pipe.relay(around_.transport, allowance);
}

void Execution::children_changed() {
  if (phase_ != Phase::kRunning) return;
  const bool children_left = reaper_.reap();
  if (!reaper_.main_ended()) return;
  ended_ns_ = monotonic_ns();
  if (children_left && stop_ == Stop::kNone) note_left_running();
  end_processes(children_left);
}

// Whoever started them and did not wait for them misses their output, and should know why.
void Execution::note_left_running() {
  const std::string left = describe_living(around_.processes.members());
  if (!left.empty())
    notices_.push_back(std::string("tree.left-running") + '\0' + left +
                       " when the main program ended, and ended with it");
}

void Execution::end_processes(bool any_left) {
  // Before the killing, which may forbid new processes and so make a counter rise.
  hits_ |= around_.limits.counted_hits();
  if (any_left) survivors_ = !reaper_.kill_all(kKillPatience);
  around_.precedence.give_up();
  if (ended_ns_ == 0) ended_ns_ = monotonic_ns();
  around_.snippet.end_run();
  phase_ = Phase::kDraining;
  // A slow reader gets all output, for as long as the run could have lasted.
  drain_until_ = later(ended_ns_, kDrainPatience);
  if (stop_ == Stop::kNone) drain_until_ = std::max(drain_until_, timeout_at_);
  drain(ended_ns_);
}

void Execution::stop(Stop reason, bool at_once, std::uint64_t now) {
  // Output beyond its limit can be seen only after the program's end; for anything else it is too late then.
  if (stop_ == Stop::kNone && (phase_ == Phase::kRunning || reason == Stop::kLimit)) stop_ = reason;
  if (phase_ == Phase::kDraining) drain_until_ = std::min(drain_until_, later(now, kDrainPatience));
  if (phase_ == Phase::kSending) drain_until_ = now;
  if (phase_ != Phase::kRunning) return;
  timeout_at_ = sample_at_ = kNoLimit;
  if (at_once || request_.kill_grace_ns == 0) {
    kill_at_ = 0;
    end_processes(true);
    return;
  }
  if (kill_at_ != kNoLimit) return;
  kill_at_ = later(now, request_.kill_grace_ns);
  around_.processes.signal_all(SIGTERM);
  around_.processes.signal_all(SIGCONT);
}

void Execution::signal(SignalKind kind) {
  switch (kind) {
    case SignalKind::kInterrupt:
      if (phase_ == Phase::kRunning) kill(-pid_, SIGINT);
      break;
    case SignalKind::kTerminate:
      stop(Stop::kCancel, false, monotonic_ns());
      break;
    case SignalKind::kKill:
      stop(Stop::kCancel, true, monotonic_ns());
      break;
  }
}

void Execution::credit(std::uint16_t stream, std::uint64_t bytes) {
  if (stream == kStdoutStream) stdout_.add_credit(bytes);
  if (stream == kStderrStream) stderr_.add_credit(bytes);
  if (stream == kArtifactStream && artifacts_) artifacts_->add_credit(bytes);
}

void Execution::check_cpu_time(std::uint64_t now) {
  const std::uint64_t limit = request_.limits[kCpuTime];
  std::uint64_t used = around_.limits.cpu_used();
  if (used == 0) used = reaper_.user_ns() + reaper_.system_ns() + reaper_.living_cpu_ns();
  if (used >= limit) {
    hits_ |= 1u << kCpuTime;
    stop(Stop::kLimit, true, now);
    return;
  }
  // Before this much time has passed, not even all processors together can use up what is left.
  static const long processors = std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
  const std::uint64_t pause = (limit - used) / static_cast<std::uint64_t>(processors);
  // The walk itself may have taken longer than the pause.
  sample_at_ = later(monotonic_ns(), std::clamp(pause, 2 * kMillisecond, 200 * kMillisecond));
}

void Execution::advance(std::uint64_t now) {
  if (phase_ == Phase::kRunning && now >= lasts_at_) {
    around_.precedence.take();
    lasts_at_ = kNoLimit;
  }
  if (phase_ == Phase::kRunning && now >= timeout_at_) stop(Stop::kTimeout, false, now);
  if (phase_ == Phase::kRunning && now >= sample_at_) check_cpu_time(now);
  if (phase_ == Phase::kRunning && now >= kill_at_) stop(stop_, true, now);
  for (OutputPipe *pipe : {&stdout_, &stderr_})
    if (phase_ == Phase::kRunning && rests(*pipe) && now >= pipe->rests_until()) relay(*pipe);
  if (phase_ == Phase::kDraining) drain(now);
  if (phase_ == Phase::kSending && (now >= drain_until_ || artifacts_->advance())) finish();
}

std::uint64_t Execution::next_deadline() const {
  switch (phase_) {
    case Phase::kRunning: {
      std::uint64_t first = std::min({lasts_at_, timeout_at_, kill_at_, sample_at_});
      for (const OutputPipe *pipe : {&stdout_, &stderr_})
        if (rests(*pipe)) first = std::min(first, pipe->rests_until());
      return first;
    }
    case Phase::kDraining:
      // One that waited for room in the transport and is empty by now tells nothing: it is to be looked at once more.
      for (const OutputPipe *pipe : {&stdout_, &stderr_})
        if (pipe->is_open() && pipe->may_take(around_.transport)) return 0;
      return drain_until_;
    case Phase::kSending:
      return drain_until_;
    case Phase::kFinished:
      break;
  }
  return kNoLimit;
}

void Execution::drain(std::uint64_t now) {
  bool waits = false;
  for (OutputPipe *pipe : {&stdout_, &stderr_}) {
    while (pipe->is_open() && pipe->may_take(around_.transport)) {
      const std::uint64_t before = pipe->bytes();
      relay(*pipe);
      // Nobody is alive who could write more: what is empty now is at its end.
      if (pipe->is_open() && pipe->bytes() == before) pipe->close();
    }
    if (pipe->is_open()) waits = true;
  }
  if (waits && now < drain_until_ && !around_.transport.broken()) return;
  if (waits)
    notices_.push_back(std::string("output.dropped") + '\0' + "the reader was too slow; the last output is lost");
  stdout_.close();
  stderr_.close();
  collect();
}

void Execution::collect() {
  if (request_.collect.globs.empty()) return finish();
  if (request_.deadline_ns != 0) request_.collect.until_ns = later(started_ns_, request_.deadline_ns);
  Collection found = find_artifacts(around_.workspace.work_fd(), request_.collect);
  notices_.insert(notices_.end(), found.notices.begin(), found.notices.end());
  artifacts_.emplace(around_.transport, around_.workspace.work_fd(), kArtifactStream, std::move(found.paths),
                     request_.collect.max_file_bytes);
  phase_ = Phase::kSending;
  drain_until_ = kNoLimit;
  if (artifacts_->advance()) finish();
}

bool Execution::succeeded() const {
  return reaper_.main_ended() && WIFEXITED(reaper_.main_status()) && WEXITSTATUS(reaper_.main_status()) == 0;
}

void Execution::append_ending(MessageWriter &message) const {
  const int status = reaper_.main_status();
  const bool exited = reaper_.main_ended() && WIFEXITED(status);
  const bool signaled = reaper_.main_ended() && WIFSIGNALED(status);
  Ending how = exited ? Ending::kExited : Ending::kSignaled;
  if (hits_ != 0 && !succeeded()) how = Ending::kLimit;
  if (stop_ == Stop::kTimeout) how = Ending::kTimedOut;
  if (stop_ == Stop::kCancel) how = Ending::kCancelled;
  if (stop_ == Stop::kLimit) how = Ending::kLimit;
  message.number(Tag::kHow, static_cast<std::uint64_t>(how));
  if (exited) message.number(Tag::kExitCode, static_cast<std::uint64_t>(WEXITSTATUS(status)));
  if (signaled) message.number(Tag::kTermSignal, static_cast<std::uint64_t>(WTERMSIG(status)));
}

void Execution::append_usage(MessageWriter &message) const {
  message.number(Tag::kWallNs, ended_ns_ - started_ns_);
  std::uint64_t user = reaper_.user_ns();
  const std::uint64_t accounted = around_.limits.cpu_used();
  // Children that nobody waits for are missing in what wait() tells.
  if (accounted > user + reaper_.system_ns()) user = accounted - reaper_.system_ns();
  message.number(Tag::kCpuUserNs, user);
  message.number(Tag::kCpuSystemNs, reaper_.system_ns());
  const std::uint64_t peak = around_.limits.peak_memory();
  message.number(Tag::kPeakMemory, peak != 0 ? peak : reaper_.max_resident_bytes());
}

void Execution::finish() {
  const int status = reaper_.main_status();
  // The one limit whose evidence is a signal: the kernel sends SIGXFSZ for nothing else.
  if (request_.limits[kFileSize] != 0 && reaper_.main_ended() && WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
    hits_ |= 1u << kFileSize;
  if (artifacts_) artifacts_->stop();
  if (artifacts_) notices_.insert(notices_.end(), artifacts_->notices().begin(), artifacts_->notices().end());
  if (survivors_)
    notices_.push_back(std::string("tree.survivors") + '\0' +
                       "a process could not be killed; the instance is given up");
  stdout_.report_skipped(around_.transport);
  stderr_.report_skipped(around_.transport);
  MessageWriter message(around_.transport.out(), FrameType::kExited);
  append_ending(message);
  message.number(Tag::kLimitsHit, hits_);
  append_usage(message);
  for (const std::string &notice : notices_) message.text(Tag::kNotice, notice);
  (void)message.finish();
  phase_ = Phase::kFinished;
}

}  // namespace execlet::runner

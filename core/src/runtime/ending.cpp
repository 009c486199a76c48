// SPDX-License-Identifier: Apache-2.0
#include "ending.h"

#include <string.h>  // NOLINT: sigabbrev_np is not in <cstring>

#include <csignal>

namespace execlet::core {
namespace {

double seconds(Nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string signal_words(int signal) {
  const char *name = ::sigabbrev_np(signal);
  return "killed by signal " + std::to_string(signal) + (name ? " (SIG" + std::string(name) + ")" : std::string());
}

// What became of a program that reached a limit: the limit can have killed it, or it went on and ended by itself.
std::string limit_words(const execlet_abi_result &answer) {
  if (answer.exit_code != 0) return "exited with code " + std::to_string(answer.exit_code) + " after reaching ";
  switch (answer.term_signal) {
    case 0:
    case SIGKILL:
    case SIGXFSZ:
    case SIGXCPU:
      return "killed: ";
    default:
      return signal_words(answer.term_signal) + " after reaching ";
  }
}

// "killed: memory limit 512 MiB", "exited with code 3 after reaching the memory limit 512 MiB"
Failure failure_of_limits(const RunResult &result, const execlet_abi_result &answer) {
  Failure failure{EXECLET_RESOURCE_EXHAUSTED, "limits.exceeded", limit_words(answer)};
  const bool went_on = failure.message != "killed: ";
  std::size_t hits = 0;
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind) {
    const LimitReport &report = result.limits[kind];
    if (!report.hit) continue;
    const auto limit = static_cast<execlet_abi_limit>(kind);
    const std::string name(limit_name(limit));
    const std::uint64_t value = report.enforced != 0 ? report.enforced : report.requested;
    if (hits++ == 0)
      failure.reason = "limits." + name;
    else
      failure.message += ", ";
    failure.message +=
        (went_on ? "the " : "") + name + " limit" + (value != 0 ? ' ' + format_limit(limit, value) : std::string());
  }
  if (hits == 0) failure.message += "a limit of the backend";
  return failure;
}

Failure failure_of_outcome(const RunResult &result, const StepEnd &end, const PreparedRequest &request,
                           Nanoseconds start_timeout) {
  switch (end.answer.outcome) {
    case EXECLET_ABI_OUTCOME_EXITED:
      return {EXECLET_OK, "", ""};
    case EXECLET_ABI_OUTCOME_SIGNALED:
      return {EXECLET_SIGNALED, "run.signal", signal_words(end.answer.term_signal)};
    case EXECLET_ABI_OUTCOME_RAISED:
      return {EXECLET_FAILED, "code.exception", end.user_error.empty() ? "uncaught exception" : end.user_error};
    case EXECLET_ABI_OUTCOME_DIED:
      return {EXECLET_FAILED, "kernel.died", "the kernel died"};
    case EXECLET_ABI_OUTCOME_TIMED_OUT:
      return failure_of_stop(end.cause == StopCause::kDeadline ? end.cause : StopCause::kTimeout, true, request,
                             start_timeout);
    case EXECLET_ABI_OUTCOME_LIMIT:
      return failure_of_limits(result, end.answer);
    case EXECLET_ABI_OUTCOME_CANCELLED:
      return failure_of_stop(end.cause, result.failure.started, request, start_timeout);
    default:
      return {EXECLET_INTERNAL_ERROR, "plugin.outcome",
              "the backend did not say how the code ended (outcome " + std::to_string(end.answer.outcome) + ")"};
  }
}

void apply_answer(RunResult &result, const StepEnd &end) {
  const execlet_abi_result &answer = end.answer;
  if (answer.outcome == EXECLET_ABI_OUTCOME_EXITED) result.exit_code = answer.exit_code;
  if (answer.outcome == EXECLET_ABI_OUTCOME_LIMIT && answer.exit_code != 0) result.exit_code = answer.exit_code;
  if (answer.outcome == EXECLET_ABI_OUTCOME_SIGNALED) result.signal = answer.term_signal;
  result.wall_ns = answer.wall_ns != 0 ? answer.wall_ns : end.measured_ns;
  result.cpu_user_ns = answer.cpu_user_ns;
  result.cpu_system_ns = answer.cpu_system_ns;
  result.peak_memory_bytes = answer.peak_memory_bytes;
  result.state_lost = (answer.flags & EXECLET_ABI_RESULT_STATE_LOST) != 0 || answer.outcome == EXECLET_ABI_OUTCOME_DIED;
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind)
    result.limits[kind].hit = (answer.limits_hit & (1u << kind)) != 0;
}

void apply_limits(RunResult &result, const PreparedRequest &request, const Manifest &manifest) {
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind)
    result.limits[kind].requested = request.limits[kind].value_or(0);
  LimitReport &wall = result.limits[EXECLET_ABI_LIMIT_WALL_TIME];
  const LimitCapability &backend_wall = manifest.capabilities.limits[EXECLET_ABI_LIMIT_WALL_TIME];
  wall.requested = static_cast<std::uint64_t>(request.timeout.count());
  if (wall.enforced == 0) {
    wall.enforced = wall.requested;
    wall.how = backend_wall.scope == LimitScope::kRun ? backend_wall.how : "timer of the host";
  }
  if (wall.how.empty()) wall.how = "backend";
}

bool is_stop(const StepEnd &end) {
  return end.cause != StopCause::kNone && (end.status == EXECLET_ABI_CANCELLED || end.status == EXECLET_ABI_TIMEOUT);
}

// What the plugin said in its own words, except about stops, which the core knows better.
void prefer_words_of(const PluginError &error, Failure &failure) {
  if (!error.reason.empty()) failure.reason = error.reason;
  if (!error.message.empty()) failure.message = error.message;
  failure.details_json = error.details_json;
}

bool outcome_is_stop(execlet_abi_outcome outcome) {
  return outcome == EXECLET_ABI_OUTCOME_TIMED_OUT || outcome == EXECLET_ABI_OUTCOME_CANCELLED;
}

}  // namespace

Failure failure_of_stop(StopCause cause, bool started, const PreparedRequest &request, Nanoseconds start_timeout) {
  Failure failure;
  switch (cause) {
    case StopCause::kCaller:
      failure = {EXECLET_CANCELLED, "run.cancelled", started ? "cancelled" : "cancelled before it started"};
      break;
    case StopCause::kClosing:
      failure = {EXECLET_CANCELLED, "runtime.closing", "cancelled: the executor was stopped"};
      break;
    case StopCause::kSessionClosed:
      failure = {EXECLET_CANCELLED, "session.closed", "cancelled: its session was closed"};
      break;
    case StopCause::kTimeout:
      failure = {EXECLET_TIMED_OUT, "run.timeout", "timed out after " + format_seconds(seconds(request.timeout))};
      break;
    case StopCause::kDeadline:
      failure = {EXECLET_TIMED_OUT, "run.deadline",
                 "stopped at the deadline of " + format_seconds(seconds(request.deadline.value_or(Nanoseconds(0))))};
      break;
    case StopCause::kStartTimeout:
      failure = {EXECLET_UNAVAILABLE, "start.timeout",
                 "the backend did not start the code within " + format_seconds(seconds(start_timeout))};
      failure.retryable = true;
      break;
    case StopCause::kNone:
      failure = {EXECLET_INTERNAL_ERROR, "plugin.cancelled", "the backend stopped without being asked to"};
      break;
  }
  failure.started = started;
  return failure;
}

void conclude(RunResult &result, const StepEnd &end, const PreparedRequest &request, const Manifest &manifest,
              Nanoseconds start_timeout) {
  const bool started = result.failure.started;
  apply_answer(result, end);
  apply_limits(result, request, manifest);
  const CallEnd call{end.status, end.answer.outcome, started, end.cause,
                     end.answer.outcome == EXECLET_ABI_OUTCOME_EXITED && end.answer.exit_code == 0};
  if (is_stop(end)) {
    result.failure = failure_of_stop(end.cause, started, request, start_timeout);
    result.status = result.failure.status;
  } else if (end.status != EXECLET_ABI_OK) {
    set_failure(result, failure_of_call(call, end.error, manifest.name));
  } else {
    result.failure = failure_of_outcome(result, end, request, start_timeout);
    result.status = status_of(call);
    if (result.status != EXECLET_OK && !outcome_is_stop(end.answer.outcome)) prefer_words_of(end.error, result.failure);
  }
  result.failure.started = started;
  if (result.failure.reason == "run.timeout") result.limits[EXECLET_ABI_LIMIT_WALL_TIME].hit = true;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "status_table.h"

#include <array>

namespace execlet::core {
namespace {

execlet_status status_of_stop(StopCause cause) {
  switch (cause) {
    case StopCause::kCaller:
    case StopCause::kClosing:
    case StopCause::kSessionClosed:
      return EXECLET_CANCELLED;
    case StopCause::kTimeout:
    case StopCause::kDeadline:
      return EXECLET_TIMED_OUT;
    case StopCause::kStartTimeout:
      return EXECLET_UNAVAILABLE;
    case StopCause::kNone:
      return EXECLET_INTERNAL_ERROR;  // the plugin says that it was asked to stop, and was not
  }
  return EXECLET_INTERNAL_ERROR;
}

execlet_status status_of_outcome(const CallEnd &end) {
  switch (end.outcome) {
    case EXECLET_ABI_OUTCOME_EXITED:
      return end.exit_ok ? EXECLET_OK : EXECLET_FAILED;
    case EXECLET_ABI_OUTCOME_SIGNALED:
      return EXECLET_SIGNALED;
    case EXECLET_ABI_OUTCOME_RAISED:
    case EXECLET_ABI_OUTCOME_DIED:
      return EXECLET_FAILED;
    case EXECLET_ABI_OUTCOME_TIMED_OUT:
      return EXECLET_TIMED_OUT;
    case EXECLET_ABI_OUTCOME_LIMIT:
      return EXECLET_RESOURCE_EXHAUSTED;
    case EXECLET_ABI_OUTCOME_CANCELLED:
      return status_of_stop(end.cause);
    default:
      return EXECLET_INTERNAL_ERROR;
  }
}

execlet_status status_of_timeout(StopCause cause) {
  return cause == StopCause::kNone || cause == StopCause::kTimeout ? EXECLET_UNAVAILABLE : status_of_stop(cause);
}

struct DefaultText {
  std::string_view reason;
  std::string_view message;
};

DefaultText default_text(const CallEnd &end) {
  switch (end.status) {
    case EXECLET_ABI_INVALID_ARGUMENT:
      return {"plugin.invalid-argument", "refused the options or the request"};
    case EXECLET_ABI_TIMEOUT:
      return {"start.timeout", "could not start in time"};
    case EXECLET_ABI_NOT_FOUND:
      return {"backend.not-found", "something that it needs is missing"};
    case EXECLET_ABI_POLICY:
      return {"plugin.refused", "refused the request"};
    case EXECLET_ABI_RESOURCE_EXHAUSTED:
      return {"backend.full", "has no room; try again later"};
    case EXECLET_ABI_INVALID_STATE:
      return {"instance.gone", "its instance can no longer be used"};
    case EXECLET_ABI_UNSUPPORTED:
      return {"plugin.unsupported", "does not have what was asked for"};
    case EXECLET_ABI_UNAVAILABLE:
      return end.started ? DefaultText{"backend.lost", "was lost while the code ran"}
                         : DefaultText{"backend.unavailable", "cannot be reached"};
    case EXECLET_ABI_UNAUTHENTICATED:
      return {"backend.credentials", "has no valid credentials"};
    default:
      return {"plugin.fault", "failed without saying why"};
  }
}

}  // namespace

execlet_status status_of(const CallEnd &end) {
  switch (end.status) {
    case EXECLET_ABI_OK:
      return status_of_outcome(end);
    case EXECLET_ABI_CANCELLED:
      return status_of_stop(end.cause);
    case EXECLET_ABI_INVALID_ARGUMENT:
      return EXECLET_INVALID_REQUEST;
    case EXECLET_ABI_TIMEOUT:
      return status_of_timeout(end.cause);
    case EXECLET_ABI_POLICY:
      return EXECLET_REJECTED;
    case EXECLET_ABI_UNSUPPORTED:
      return EXECLET_LANGUAGE_NOT_SUPPORTED;
    case EXECLET_ABI_NOT_FOUND:
    case EXECLET_ABI_RESOURCE_EXHAUSTED:
    case EXECLET_ABI_INVALID_STATE:
    case EXECLET_ABI_UNAVAILABLE:
    case EXECLET_ABI_UNAUTHENTICATED:
      return EXECLET_UNAVAILABLE;
    default:
      return EXECLET_INTERNAL_ERROR;
  }
}

Failure failure_of_call(const CallEnd &end, const PluginError &error, std::string_view backend) {
  Failure failure;
  failure.status = status_of(end);
  const DefaultText text = default_text(end);
  failure.reason = error.reason.empty() ? std::string(text.reason) : error.reason;
  failure.message =
      error.message.empty() ? "backend \"" + std::string(backend) + "\" " + std::string(text.message) : error.message;
  failure.details_json = error.details_json;
  failure.started = end.started;
  failure.retryable =
      !end.started && (end.status == EXECLET_ABI_UNAVAILABLE || end.status == EXECLET_ABI_TIMEOUT ||
                       end.status == EXECLET_ABI_RESOURCE_EXHAUSTED || end.status == EXECLET_ABI_INVALID_STATE);
  // UNSUPPORTED is about a language unless the plugin says that it is about something else.
  if (end.status == EXECLET_ABI_UNSUPPORTED && !error.reason.empty() && !error.reason.starts_with("language."))
    failure.status = EXECLET_REJECTED;
  return failure;
}

Failure closed_failure() {
  return {EXECLET_UNAVAILABLE, "runtime.closed", "the runtime is closed; open a new one"};
}

std::string_view status_name(execlet_status status) {
  static constexpr std::array<std::string_view, 11> kNames = {"ok",
                                                              "failed",
                                                              "signaled",
                                                              "timed_out",
                                                              "resource_exhausted",
                                                              "cancelled",
                                                              "language_not_supported",
                                                              "rejected",
                                                              "invalid_request",
                                                              "unavailable",
                                                              "internal_error"};
  return status >= 0 && static_cast<std::size_t>(status) < kNames.size() ? kNames[static_cast<std::size_t>(status)]
                                                                         : std::string_view("unknown");
}

}  // namespace execlet::core

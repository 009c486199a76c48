// SPDX-License-Identifier: Apache-2.0
//
// How a run ended (Status), why (Failure), and the exceptions of the C++ API: one class per status that is not ok.
// Include <execlet/execlet.hpp>, not this file.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "execlet.h"

namespace execlet {

struct Result;

// Why a run ended, or why it never began. A later version may add values: treat unknown ones as kInternalError.
enum class Status : std::int32_t {
  kOk = EXECLET_OK,                                 // exit code 0
  kFailed = EXECLET_FAILED,                         // another exit code, or an uncaught exception in a kernel
  kSignaled = EXECLET_SIGNALED,                     // killed by a signal that execlet did not send
  kTimedOut = EXECLET_TIMED_OUT,                    // the wall-time limit
  kResourceExhausted = EXECLET_RESOURCE_EXHAUSTED,  // memory, cpu time, pids, output, disk: see Result::limits
  kCancelled = EXECLET_CANCELLED,                   // by the caller
  kLanguageNotSupported = EXECLET_LANGUAGE_NOT_SUPPORTED,
  kRejected = EXECLET_REJECTED,               // policy, or a limit that this backend cannot enforce
  kInvalidRequest = EXECLET_INVALID_REQUEST,  // a bad request or configuration
  kUnavailable = EXECLET_UNAVAILABLE,         // the backend cannot be reached or started, or was lost
  kInternalError = EXECLET_INTERNAL_ERROR,    // a fault of execlet or of the plugin
};

// "ok", "failed", "timed_out", … Static storage. Never throws.
inline const char *to_string(Status status) noexcept {
  return execlet_status_name(static_cast<execlet_status>(status));
}

// Why a request did not end as the program's own success or exit. All empty if there is nothing to say.
struct Failure {
  std::string reason{};    // stable dotted word: "config.unknown-key", "backend.lost"
  std::string message{};   // one line for people
  std::string details{};   // JSON object
  bool retryable = false;  // the same request may succeed later
  bool started = false;    // user code had begun
};

// Visible everywhere, so that they can be caught across the shared libraries of a host that hides its symbols.
#pragma GCC visibility push(default)

// Base of all exceptions that this API throws on its own. Thrown by Runtime and Executor for what goes wrong before a
// run, and by Result::or_throw for what went wrong in one.
class Error : public std::runtime_error {
 public:
  Error(Status status, Failure failure, std::shared_ptr<const Result> result = nullptr)
      : std::runtime_error(failure.message),
        status_(status),
        failure_(std::move(failure)),
        result_(std::move(result)) {}

  Status status() const noexcept { return status_; }
  const Failure &failure() const noexcept { return failure_; }
  const std::string &reason() const noexcept { return failure_.reason; }
  // The whole result, with partial output; null if nothing ran. Owned by the exception and its copies.
  const Result *result() const noexcept { return result_.get(); }

 private:
  Status status_;
  Failure failure_;
  std::shared_ptr<const Result> result_;
};

class FailedError : public Error {
 public:
  using Error::Error;
};
class SignaledError : public Error {
 public:
  using Error::Error;
};
class TimeoutError : public Error {
 public:
  using Error::Error;
};
class ResourceExhaustedError : public Error {
 public:
  using Error::Error;
};
class CancelledError : public Error {
 public:
  using Error::Error;
};
class LanguageNotSupportedError : public Error {
 public:
  using Error::Error;
};
class RejectedError : public Error {
 public:
  using Error::Error;
};
class InvalidRequestError : public Error {
 public:
  using Error::Error;
};
class UnavailableError : public Error {
 public:
  using Error::Error;
};
class InternalError : public Error {
 public:
  using Error::Error;
};

#pragma GCC visibility pop

namespace detail {

inline std::string text_or_empty(const char *text) {
  return text != nullptr ? std::string(text) : std::string();
}

[[noreturn]] inline void throw_error(Status status, Failure failure, std::shared_ptr<const Result> result = nullptr) {
  switch (status) {
    case Status::kFailed:
      throw FailedError(status, std::move(failure), std::move(result));
    case Status::kSignaled:
      throw SignaledError(status, std::move(failure), std::move(result));
    case Status::kTimedOut:
      throw TimeoutError(status, std::move(failure), std::move(result));
    case Status::kResourceExhausted:
      throw ResourceExhaustedError(status, std::move(failure), std::move(result));
    case Status::kCancelled:
      throw CancelledError(status, std::move(failure), std::move(result));
    case Status::kLanguageNotSupported:
      throw LanguageNotSupportedError(status, std::move(failure), std::move(result));
    case Status::kRejected:
      throw RejectedError(status, std::move(failure), std::move(result));
    case Status::kInvalidRequest:
      throw InvalidRequestError(status, std::move(failure), std::move(result));
    case Status::kUnavailable:
      throw UnavailableError(status, std::move(failure), std::move(result));
    case Status::kOk:
    case Status::kInternalError:
      break;
  }
  throw InternalError(status, std::move(failure), std::move(result));
}

// Throws if `status` is not ok; takes `error`.
inline void check(execlet_status status, execlet_error *error) {
  const std::unique_ptr<execlet_error, void (*)(execlet_error *)> owned(error, &execlet_error_free);
  if (status == EXECLET_OK) {
    return;
  }
  Failure failure;
  if (error != nullptr) {
    failure.reason = text_or_empty(execlet_error_reason(error));
    failure.message = text_or_empty(execlet_error_message(error));
    failure.details = text_or_empty(execlet_error_details(error));
  }
  throw_error(static_cast<Status>(status), std::move(failure));
}

// The text as a string; frees it.
inline std::string take_text(execlet_text *text) {
  const std::unique_ptr<execlet_text, void (*)(execlet_text *)> owned(text, &execlet_text_free);
  return text != nullptr ? std::string(execlet_text_data(text), execlet_text_size(text)) : std::string();
}

}  // namespace detail
}  // namespace execlet

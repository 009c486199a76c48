// SPDX-License-Identifier: Apache-2.0
//
// What to run (Request) and what is told while it runs (Event).
// Include <execlet/execlet.hpp>, not this file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <locale>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"
#include "execlet.h"

namespace execlet {

// Fractions of a second are kept: 10s, 250ms and std::chrono::duration<double>(0.5) all convert.
using Seconds = std::chrono::duration<double>;

// The value of one limit, as in a configuration: text ("512m", "0.5") or a number. Empty = not asked for. It is checked
// when the request runs.
class LimitValue {
 public:
  LimitValue() = default;
  LimitValue(std::string text) : text_(std::move(text)) {}  // NOLINT: implicit so that .memory = "512m" works
  LimitValue(const char *text) : text_(text) {}             // NOLINT: as above
  template <class Number, class = std::enable_if_t<std::is_arithmetic<Number>::value>>
  LimitValue(Number number) {  // NOLINT: as above
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(15);
    out << number;
    text_ = out.str();
  }

  const std::string &text() const noexcept { return text_; }

 private:
  std::string text_;
};

// Limits of one run. They can only be stricter than the executor's own. Wall time is Request::timeout.
struct Limits {
  LimitValue memory{};      // bytes, or "512b", "64k", "512m", "2g" (1024-based)
  LimitValue cpus{};        // 0.5 = half of one cpu
  LimitValue cpu_time{};    // seconds of user + system time
  LimitValue pids{};        // processes and threads at a time
  LimitValue open_files{};  // per process
  LimitValue file_size{};   // bytes of the largest file written
  LimitValue output{};      // bytes of stdout + stderr; more ends the run
  LimitValue disk{};        // bytes in the working directory
};

enum class EventType : std::int32_t {
  kStarted = EXECLET_EVENT_STARTED,  // user code begins; total = milliseconds after which it is over at the latest
  kStdout = EXECLET_EVENT_STDOUT,    // data = bytes
  kStderr = EXECLET_EVENT_STDERR,    // data = bytes
  kDisplay = EXECLET_EVENT_DISPLAY,  // json() has the representations
  kClearOutput = EXECLET_EVENT_CLEAR_OUTPUT,
  kUserError = EXECLET_EVENT_USER_ERROR,        // name = exception, data = text
  kInputRequest = EXECLET_EVENT_INPUT_REQUEST,  // data = prompt
  kProgress = EXECLET_EVENT_PROGRESS,           // name = stage, data = text, current of total (0 = unknown)
  kArtifact = EXECLET_EVENT_ARTIFACT,           // data = name, name = MIME type, total = size
  kNotice = EXECLET_EVENT_NOTICE,               // name = code, data = text
};

// One event. All views are borrowed for the duration of the callback: copy what shall stay.
class Event {
 public:
  Event(execlet_execution *execution, const execlet_event *event) noexcept
      : type(static_cast<EventType>(event->type)),
        block(static_cast<std::size_t>(event->block)),
        data(event->data != nullptr ? std::string_view(event->data, event->size) : std::string_view()),
        name(event->name != nullptr ? std::string_view(event->name) : std::string_view()),
        current(event->current),
        total(event->total),
        execution_(execution),
        event_(event) {}

  EventType type;
  std::size_t block;  // index of the block it belongs to
  std::string_view data;
  std::string_view name;
  std::uint64_t current;
  std::uint64_t total;

  // Asks the execution that this event belongs to to end. Only within the callback.
  void cancel() const noexcept { execlet_execution_cancel(execution_); }
  // The event as one line of JSON without newline. Only within the callback.
  std::string json() const { return detail::take_text(execlet_event_json(event_)); }

 private:
  execlet_execution *execution_;
  const execlet_event *event_;
};

// What to run. An aggregate whose members are only ever appended to, so that both
//     executor.execute_code({.code = "print(1)", .language = "python", .timeout = 10s});      (C++20)
// and assignment member by member (C++17) stay valid. A value type: copy it, reuse it; it is copied when it runs.
struct Request {
  std::string code{};
  std::string language{};                      // empty = the executor's only language
  std::map<std::string, std::string> files{};  // relative path → bytes, put into the working directory
  std::string entry_point{};                   // one of `files`, or a file already there; instead of `code`
  std::vector<std::string> args{};
  std::string stdin_data{};  // standard input (`stdin` may be a macro); empty = none
  std::map<std::string, std::string> env{};
  std::optional<Seconds> timeout{};  // of user code, per block; empty = the executor's (60 s if it has none)
  Limits limits{};
  std::string network{};                // empty = as configured, else "none"
  std::string session{};                // id of a session, which a name of one's own opens; empty = none
  std::vector<std::string> collect{};   // globs of files to hand back as artifacts; relative to the working directory
  std::string metadata{};               // JSON object for the backend; empty = none
  std::optional<Seconds> kill_grace{};  // between SIGTERM and SIGKILL; 0 allowed; empty = the executor's (0.2 s)
  std::optional<Seconds> deadline{};    // bounds everything including the start of the backend; from now
  bool best_effort = false;             // run although a limit cannot be enforced, and say so in the result
  std::string artifacts_dir{};          // write artifacts there (created); without it 64 MiB are kept in memory at most
  bool open_stdin = false;              // input comes later by Execution::write_stdin; only for submit
  // Called for each event, one at a time, on the thread that runs the execution. A slow callback slows the program
  // down; it never makes memory grow. It may cancel, it must not destroy the Execution. If it throws, the run is
  // cancelled, no more events come, and execute_… or Execution::result throws the same exception.
  std::function<void(const Event &)> on_event{};
};

// One of several pieces of code that run in order in one place.
struct Block {
  std::string code{};
  std::string language{};
};

namespace detail {

using RequestHandle = std::unique_ptr<execlet_request, void (*)(execlet_request *)>;

inline void set_limits(execlet_request *out, const Limits &limits) {
  const std::pair<const char *, const LimitValue *> all[] = {
      {"memory", &limits.memory},         {"cpus", &limits.cpus},
      {"cpu_time", &limits.cpu_time},     {"pids", &limits.pids},
      {"open_files", &limits.open_files}, {"file_size", &limits.file_size},
      {"output", &limits.output},         {"disk", &limits.disk}};
  for (const auto &[name, value] : all) {
    if (!value->text().empty()) {
      execlet_request_set_limit(out, name, value->text().c_str());
    }
  }
}

// C strings end at their first NUL: text that would be cut there is refused instead.
inline const char *c_text(const std::string &text, const char *what) {
  if (text.find('\0') != std::string::npos) {
    throw_error(Status::kInvalidRequest,
                Failure{"request.nul", std::string(what) + " must not contain a NUL byte", "{}", false, false});
  }
  return text.c_str();
}

inline RequestHandle new_request() {
  RequestHandle out(execlet_request_new(), &execlet_request_free);
  if (!out) {
    throw std::bad_alloc();
  }
  return out;
}

// Everything but `code`, which is a step of its own when there are blocks.
inline void set_common(execlet_request *out, const Request &request) {
  for (const auto &[path, data] : request.files) {
    execlet_request_add_file(out, c_text(path, "the name of a file"), data.data(), data.size());
  }
  if (!request.entry_point.empty()) {
    execlet_request_set_entry_point(out, c_text(request.entry_point, "the entry point"));
  }
  for (const auto &arg : request.args) {
    execlet_request_add_arg(out, c_text(arg, "an argument"));
  }
  if (!request.stdin_data.empty()) {
    execlet_request_set_stdin(out, request.stdin_data.data(), request.stdin_data.size());
  }
  if (request.open_stdin) {
    execlet_request_open_stdin(out);
  }
  for (const auto &[name, value] : request.env) {
    execlet_request_add_env(out, c_text(name, "the name of a variable"), c_text(value, "the value of a variable"));
  }
  if (request.timeout) {
    execlet_request_set_timeout(out, request.timeout->count());
  }
  if (request.kill_grace) {
    execlet_request_set_kill_grace(out, request.kill_grace->count());
  }
  if (request.deadline) {
    execlet_request_set_deadline(out, request.deadline->count());
  }
  set_limits(out, request.limits);
  if (request.best_effort) {
    execlet_request_set_best_effort(out, 1);
  }
  if (!request.network.empty()) {
    execlet_request_set_network(out, c_text(request.network, "the network"));
  }
  if (!request.session.empty()) {
    execlet_request_set_session(out, c_text(request.session, "the name of a session"));
  }
  for (const auto &glob : request.collect) {
    execlet_request_add_collect(out, c_text(glob, "a glob"));
  }
  if (!request.artifacts_dir.empty()) {
    execlet_request_set_artifacts_dir(out, c_text(request.artifacts_dir, "the directory for artifacts"));
  }
  if (!request.metadata.empty()) {
    execlet_request_set_metadata(out, c_text(request.metadata, "the metadata"));
  }
}

inline RequestHandle make_request(const Request &request) {
  RequestHandle out = new_request();
  if (!request.code.empty() || request.entry_point.empty()) {
    execlet_request_set_code(out.get(), request.code.data(), request.code.size());
  }
  if (!request.language.empty()) {
    execlet_request_set_language(out.get(), c_text(request.language, "the language"));
  }
  set_common(out.get(), request);
  return out;
}

// `code` set beside blocks is passed on as well: the core refuses the contradiction and says so.
inline RequestHandle make_request(const std::vector<Block> &blocks, const Request &options) {
  RequestHandle out = new_request();
  if (!options.code.empty()) {
    execlet_request_set_code(out.get(), options.code.data(), options.code.size());
  }
  if (!options.language.empty()) {
    execlet_request_set_language(out.get(), c_text(options.language, "the language"));
  }
  set_common(out.get(), options);
  for (const auto &block : blocks) {
    execlet_request_add_block(out.get(), c_text(block.language, "the language of a block"), block.code.data(),
                              block.code.size());
  }
  return out;
}

}  // namespace detail
}  // namespace execlet

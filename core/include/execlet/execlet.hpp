// SPDX-License-Identifier: Apache-2.0
//
// execlet's C++ API for hosts, header-only on top of the C API; needs C++17 and no other library.
//
//     auto runtime  = execlet::Runtime::from_file("execlet.json");
//     auto executor = runtime.executor("py");
//     auto result   = executor.execute_code({.code = "print('Hello')", .language = "python", .timeout = 10s});
//     result.output; result.error; result.exit_code; result.status;
//
// Conventions, unless a comment says otherwise
//  1. Threads: every member function may be called on any thread, several at once on one object; moving, assigning and
//     destroying an object must not overlap with its use.
//  2. Errors: what is wrong before a request runs (configuration, unknown names) throws a class derived from
//     execlet::Error; how a request ended is Result::status, and Result::or_throw turns it into an exception.
//     Memory that cannot be had is std::bad_alloc.
//  3. Ownership: everything passed in is copied, everything returned is the caller's.
//  4. Times are std::chrono durations, sizes are bytes.
//  5. Executors, executions and results may outlive their Runtime: their calls then end as `unavailable`.
//  6. In a child of fork() they are dead: calls end as `unavailable`, "runtime.forked", destroying them does nothing,
//  and a
//     new Runtime may be opened. Results that were read stay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "error.hpp"
#include "execlet.h"
#include "execution.hpp"
#include "request.hpp"
#include "result.hpp"

namespace execlet {

// Of the library that is loaded: "0.1.0".
inline std::string version() {
  return execlet_version();
}

// The library in use and its helper programs, as JSON. Starts none of them.
inline std::string installation_json() {
  return detail::take_text(execlet_installation_json());
}

// The JSON Schema of the configuration file.
inline std::string config_schema_json() {
  return detail::take_text(execlet_config_schema_json());
}

// All that is wrong with one plugin file at once, as JSON. Loads it in another process at most.
inline std::string plugin_verify_json(const std::string &file) {
  return detail::take_text(execlet_plugin_verify_json(file.c_str()));
}

enum class LogLevel : std::int32_t {
  kTrace = EXECLET_LOG_TRACE,
  kDebug = EXECLET_LOG_DEBUG,
  kInfo = EXECLET_LOG_INFO,
  kWarn = EXECLET_LOG_WARN,
  kError = EXECLET_LOG_ERROR,
  kOff = EXECLET_LOG_OFF,
};

// Exactly one source of configuration: a file, a JSON text, or (both empty) the search for a file.
struct RuntimeOptions {
  std::string config_path{};
  std::string config_json{};
  std::vector<std::string> plugin_dirs{};  // searched before all other plugin directories
  LogLevel log_level = LogLevel::kWarn;    // the least that reaches `log`
  // Called on any thread, possibly several at once, until the Runtime is destroyed. What it throws is dropped.
  std::function<void(LogLevel, std::string_view component, std::string_view message)> log{};
};

class Session;

// A configured, named use of a backend. A light handle: copies mean the same executor.
class Executor {
 public:
  std::string name() const { return execlet_executor_name(handle_.get()); }
  std::string backend() const { return execlet_executor_backend(handle_.get()); }

  // Runs one piece of code, or `entry_point`, on the calling thread. Throws only what the event callback throws.
  Result execute_code(const Request &request) const {
    return execute(detail::make_request(request).get(), request.on_event);
  }
  // Runs blocks in order in one place, on the calling thread; stops at the first that is not ok. `options` gives all
  // but the code; its `language` is that of blocks without one. The result's streams are those of all blocks.
  Result execute_blocks(const std::vector<Block> &blocks, const Request &options = {}) const {
    return execute(detail::make_request(blocks, options).get(), options.on_event);
  }
  // As execute_blocks, with the fenced code blocks of a Markdown text. Throws InvalidRequestError if it has none.
  Result execute_markdown(std::string_view markdown, const Request &options = {}) const {
    return execute(markdown_request(markdown, options).get(), options.on_event);
  }

  // Runs on a thread of the library and returns at once.
  Execution submit(const Request &request) const {
    return start_execution(detail::make_request(request).get(), request.on_event);
  }
  Execution submit_blocks(const std::vector<Block> &blocks, const Request &options = {}) const {
    return start_execution(detail::make_request(blocks, options).get(), options.on_event);
  }
  Execution submit_markdown(std::string_view markdown, const Request &options = {}) const {
    return start_execution(markdown_request(markdown, options).get(), options.on_event);
  }

  // Opens an instance ahead of its first use; executing does that by itself. Throws if that fails.
  void start() const { call(&execlet_executor_start); }
  // Opens a session, or is a handle of the one that is there; empty = an anonymous one. Throws InvalidRequestError for
  // a name that cannot be one or belongs to another executor, UnavailableError if there are as many as there may be.
  Session session(const std::string &name = {}) const;

  // Cancels what runs and closes all instances, those of sessions too; the executor can be used again.
  void stop() const { call(&execlet_executor_stop); }
  void restart() const { call(&execlet_executor_restart); }

  // What is quick to tell, as JSON: languages, their extensions, whether their programs are there. Throws if the
  // backend cannot say.
  std::string describe_json() const { return facts(&execlet_executor_describe_json); }
  // The same and more: versions, how each limit is enforced here. May start programs; takes up to 20 seconds.
  std::string inspect_json() const { return facts(&execlet_executor_inspect_json); }

 private:
  friend class Runtime;
  friend class Session;
  explicit Executor(execlet_executor *handle) : handle_(handle, &execlet_executor_free) {}

  template <class Function>
  std::string facts(Function function) const {
    execlet_text *text = nullptr;
    execlet_error *error = nullptr;
    const execlet_status status = function(handle_.get(), &text, &error);
    detail::check(status, error);
    return detail::take_text(text);
  }

  static detail::RequestHandle markdown_request(std::string_view markdown, const Request &options) {
    detail::RequestHandle request = detail::make_request(std::vector<Block>(), options);
    std::size_t count = 0;
    execlet_error *error = nullptr;
    const execlet_status status =
        execlet_request_add_markdown(request.get(), markdown.data(), markdown.size(), &count, &error);
    detail::check(status, error);
    if (count == 0) {
      detail::throw_error(Status::kInvalidRequest,
                          Failure{"request.no-blocks", "the Markdown has no fenced code block", "{}", false, false});
    }
    return request;
  }

  Result execute(const execlet_request *request, const std::function<void(const Event &)> &on_event) const {
    detail::EventSink sink{on_event, nullptr};
    std::shared_ptr<const execlet_result> result(
        execlet_executor_execute(handle_.get(), request, sink.function(), &sink),
        [](const execlet_result *ended) { execlet_result_free(const_cast<execlet_result *>(ended)); });
    sink.rethrow();
    return detail::read_result(result);
  }

  Execution start_execution(const execlet_request *request, const std::function<void(const Event &)> &on_event) const {
    auto state = std::make_shared<detail::ExecutionState>();
    state->sink.on_event = on_event;
    state->handle = execlet_executor_submit(handle_.get(), request, state->sink.function(), &state->sink);
    if (state->handle == nullptr) {
      throw std::bad_alloc();
    }
    return Execution(std::move(state));
  }

  void call(execlet_status (*function)(execlet_executor *, execlet_error **)) const {
    execlet_error *error = nullptr;
    const execlet_status status = function(handle_.get(), &error);
    detail::check(status, error);
  }

  std::shared_ptr<execlet_executor> handle_;
};

// An instance that is held across executions, which run in it one after the other in the order they were given: files
// stay, and where the backend keeps state, variables too. What is lost is told by Result::state_lost. A light handle:
// copies mean the same session. A named one stays until it is closed, idle for too long, or its executor has ended; an
// anonymous one also ends with its last copy.
class Session {
 public:
  // What Request::session takes, on any executor that has this one's name and options.
  const std::string &id() const noexcept { return state_->id; }

  // As the functions of Executor, in this session, whatever the request says.
  Result execute_code(const Request &request) const {
    return executor().execute(here(detail::make_request(request)).get(), request.on_event);
  }
  Result execute_blocks(const std::vector<Block> &blocks, const Request &options = {}) const {
    return executor().execute(here(detail::make_request(blocks, options)).get(), options.on_event);
  }
  Result execute_markdown(std::string_view markdown, const Request &options = {}) const {
    return executor().execute(here(Executor::markdown_request(markdown, options)).get(), options.on_event);
  }
  Execution submit(const Request &request) const {
    return executor().start_execution(here(detail::make_request(request)).get(), request.on_event);
  }
  Execution submit_blocks(const std::vector<Block> &blocks, const Request &options = {}) const {
    return executor().start_execution(here(detail::make_request(blocks, options)).get(), options.on_event);
  }
  Execution submit_markdown(std::string_view markdown, const Request &options = {}) const {
    return executor().start_execution(here(Executor::markdown_request(markdown, options)).get(), options.on_event);
  }

  // Cancels what runs in it or waits for it, and closes it. Throws InvalidRequestError if that was done already. Not in
  // a callback of a run in it; nor may an anonymous one end there.
  void close() const {
    execlet_error *error = nullptr;
    const execlet_status status = execlet_executor_close_session(executor().handle_.get(), id().c_str(), &error);
    detail::check(status, error);
  }

 private:
  friend class Executor;

  struct State {
    Executor executor;
    std::string id;
    bool anonymous;

    State(Executor in, std::string called, bool without_name)
        : executor(std::move(in)), id(std::move(called)), anonymous(without_name) {}
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() {
      if (anonymous) {
        execlet_executor_close_session(executor.handle_.get(), id.c_str(), nullptr);
      }
    }
  };

  explicit Session(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  const Executor &executor() const noexcept { return state_->executor; }
  detail::RequestHandle here(detail::RequestHandle request) const {
    execlet_request_set_session(request.get(), id().c_str());
    return request;
  }

  std::shared_ptr<const State> state_;
};

inline Session Executor::session(const std::string &name) const {
  execlet_text *text = nullptr;
  execlet_error *error = nullptr;
  const execlet_status status = execlet_executor_open_session(
      handle_.get(), name.empty() ? nullptr : detail::c_text(name, "the name of a session"), &text, &error);
  detail::check(status, error);
  return Session(std::make_shared<const Session::State>(*this, detail::take_text(text), name.empty()));
}

// What happened since a runtime was opened. Each number is right by itself; together they are of about one moment.
struct Counters {
  std::uint64_t begun = 0;                    // requests given to it, also those that were refused
  std::array<std::uint64_t, 11> by_status{};  // how many of them have ended, by Status
  std::uint64_t instances_opened = 0;         // in all
  std::uint64_t instances_open = 0;           // now, idle ones included
  std::uint64_t output_bytes = 0;             // of stdout and stderr of those that ended, kept or not
  std::uint64_t events_dropped = 0;           // events that came after their execution had been given up

  std::uint64_t ended(Status status) const { return by_status.at(static_cast<std::size_t>(status)); }
  std::uint64_t ended() const {
    std::uint64_t out = 0;
    for (const std::uint64_t count : by_status) {
      out += count;
    }
    return out;
  }
};

// Configuration and plugins. Move-only. Destroying it cancels what runs and waits for its end, at most for the kill
// grace and 2 s, and 4 s more for all that is being closed. A moved-from Runtime can only be assigned or
// destroyed.
class Runtime {
 public:
  // Reads the configuration; loads no plugin. Throws InvalidRequestError for a bad configuration, and names the place.
  static Runtime from_file(const std::string &path) {
    RuntimeOptions options;
    options.config_path = path;
    return open(options);
  }
  static Runtime from_json(const std::string &json) {
    RuntimeOptions options;
    options.config_json = json;
    return open(options);
  }
  static Runtime open(const RuntimeOptions &options = {}) {
    auto state = std::make_unique<State>();
    state->log = options.log;
    std::vector<const char *> dirs;
    dirs.reserve(options.plugin_dirs.size());
    for (const auto &dir : options.plugin_dirs) {
      dirs.push_back(dir.c_str());
    }
    execlet_runtime_options raw = EXECLET_RUNTIME_OPTIONS_INIT;
    raw.log_level = static_cast<std::uint32_t>(options.log_level);
    raw.config_path = options.config_path.empty() ? nullptr : options.config_path.c_str();
    raw.config_json = options.config_json.empty() ? nullptr : options.config_json.c_str();
    raw.plugin_dirs = dirs.data();
    raw.plugin_dir_count = dirs.size();
    raw.log = state->log ? &State::receive_log : nullptr;
    raw.log_ctx = state.get();
    execlet_error *error = nullptr;
    const execlet_status status = execlet_runtime_open(&raw, &state->handle, &error);
    detail::check(status, error);
    return Runtime(std::move(state));
  }

  // The executor of that name; empty = the configuration's default. Loads its plugin and checks its options. Throws
  // InvalidRequestError for an unknown name or bad options, UnavailableError if the plugin is missing or unusable.
  Executor executor(const std::string &name = {}) const {
    execlet_executor *out = nullptr;
    execlet_error *error = nullptr;
    const execlet_status status =
        execlet_runtime_executor(state_->handle, name.empty() ? nullptr : name.c_str(), &out, &error);
    detail::check(status, error);
    return Executor(out);
  }
  // An executor that is not in the configuration; `json` has the form of a value under "executors":
  // {"backend": "local", "options": {…}}. Relative paths are relative to the working directory. Throws as executor().
  Executor executor_from_json(const std::string &name, const std::string &json) const {
    execlet_executor *out = nullptr;
    execlet_error *error = nullptr;
    const execlet_status status =
        execlet_runtime_executor_from_json(state_->handle, name.c_str(), json.c_str(), &out, &error);
    detail::check(status, error);
    return Executor(out);
  }

  // Cheap enough to be asked often; never waits for a run.
  Counters counters() const {
    execlet_counters raw = EXECLET_COUNTERS_INIT;
    execlet_runtime_counters(state_->handle, &raw);
    Counters out;
    out.begun = raw.begun;
    for (std::size_t status = 0; status < out.by_status.size(); ++status) {
      out.by_status[status] = raw.ended[status];
    }
    out.instances_opened = raw.instances_opened;
    out.instances_open = raw.instances_open;
    out.output_bytes = raw.output_bytes;
    out.events_dropped = raw.events_dropped;
    return out;
  }

  // Looks for plugins again. An unknown backend name does that by itself.
  void rescan() const { execlet_runtime_rescan(state_->handle); }
  // The configuration file in force; empty if there is none.
  std::string config_path() const { return detail::text_or_empty(execlet_runtime_config_path(state_->handle)); }
  // The configuration in force as JSON, secrets hidden.
  std::string config_json() const { return detail::take_text(execlet_runtime_config_json(state_->handle)); }
  // The sessions that have an instance or are in use, of all executors, as JSON. Never waits for a run.
  std::string sessions_json() const { return detail::take_text(execlet_runtime_sessions_json(state_->handle)); }
  // Checks every executor's options against its backend's schema. Throws the first problem, with its place.
  void check_config() const {
    execlet_error *error = nullptr;
    const execlet_status status = execlet_runtime_check_config(state_->handle, &error);
    detail::check(status, error);
  }
  // Every directory searched and every plugin found with why it was taken or not, as JSON. Loads none.
  std::string plugins_json() const { return detail::take_text(execlet_runtime_plugins_json(state_->handle)); }
  // One plugin's manifest and options as JSON. Throws UnavailableError if there is none of that name.
  std::string plugin_json(const std::string &name) const {
    execlet_text *text = nullptr;
    execlet_error *error = nullptr;
    const execlet_status status = execlet_runtime_plugin_json(state_->handle, name.c_str(), &text, &error);
    detail::check(status, error);
    return detail::take_text(text);
  }

 private:
  struct State {
    execlet_runtime *handle = nullptr;
    std::function<void(LogLevel, std::string_view, std::string_view)> log;

    State() = default;
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { execlet_runtime_close(handle); }

    static void receive_log(void *ctx, std::int32_t level, const char *component, const char *message) noexcept {
      try {
        static_cast<State *>(ctx)->log(static_cast<LogLevel>(level), component, message);
      } catch (...) {  // NOLINT: a log line that cannot be written has nowhere to go
      }
    }
  };

  explicit Runtime(std::unique_ptr<State> state) : state_(std::move(state)) {}
  std::unique_ptr<State> state_;
};

}  // namespace execlet

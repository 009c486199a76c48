// SPDX-License-Identifier: Apache-2.0
//
// `execlet run`: builds the request, relays output while it runs, says how it ended.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <execlet/execlet.hpp>
#include <optional>

#include "console.h"
#include "executor_choice.h"
#include "input_pump.h"
#include "json_text.h"
#include "language_guess.h"
#include "output_stream.h"
#include "signals.h"
#include "staged_files.h"
#include "verbs.h"

namespace execlet::cli {
namespace {

// Where events go: the program's bytes to our stdout and stderr, or lines of JSON.
class Relay {
 public:
  Relay(const RunOptions &options, SignalCancel &signals)
      : options_(options),
        signals_(signals),
        out_(STDOUT_FILENO, "stdout", signals.stop_fd()),
        err_(STDERR_FILENO, "stderr", signals.stop_fd()) {}

  void receive(const Event &event) {
    if (event.type == EventType::kStarted) {
      const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(event.total);
      out_.wait_until(limit);
      err_.wait_until(limit);
    }
    if (event.type == EventType::kProgress) {
      show_progress(event.name, event.data, event.current, event.total);
      if (!options_.stream) {
        return;
      }
    }
    bool taken = true;
    if (options_.stream) {
      taken = out_.write(event.json() + "\n");
    } else if (!options_.json) {
      taken = relay_plain(event);
    }
    if (!taken) {
      signals_.stop();
      event.cancel();
    }
  }

  // The result in JSON, behind all that went before it.
  void print_line(const std::string &text) {
    out_.write(text + "\n");
    out_.finish();
  }

  // The program is gone. What it wrote and nobody took yet is waited for if it ended by itself; after a time-out or a
  // cancel it is not, since somebody wanted an end.
  void finish(bool ended_by_itself) {
    for (OutputStream *stream : {&out_, &err_}) {
      if (ended_by_itself) {
        stream->finish();
      } else if (stream->kept() != 0) {
        say("note: the last " + std::to_string(stream->kept()) + " bytes of output were not read in time");
      }
    }
  }

  // A stream of ours that cannot take more; null if all is well or the run ended while a reader was behind.
  const OutputStream *broken() const {
    for (const OutputStream *stream : {&out_, &err_}) {
      if (stream->state() == OutputStream::State::kBrokenPipe || stream->state() == OutputStream::State::kFailed) {
        return stream;
      }
    }
    return nullptr;
  }

 private:
  bool relay_plain(const Event &event) {
    switch (event.type) {
      case EventType::kStdout:
        clear_progress();
        return out_.write(event.data);
      case EventType::kStderr:
        clear_progress();
        return err_.write(event.data);
      case EventType::kNotice:
        say("note: " + std::string(event.data));
        return true;
      default:
        return true;
    }
  }

  const RunOptions &options_;
  SignalCancel &signals_;
  OutputStream out_;
  OutputStream err_;
};

std::map<std::string, std::string> environment_of(const std::vector<std::string> &assignments) {
  std::map<std::string, std::string> out;
  for (const std::string &assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      invalid_request("cli.env", "--env takes NAME=VALUE; got '" + assignment + "'");
    }
    out[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return out;
}

void set_limits(Limits &out, const std::vector<std::pair<std::string, std::string>> &limits) {
  const std::map<std::string, LimitValue *> targets = {
      {"memory", &out.memory},         {"cpus", &out.cpus},           {"cpu_time", &out.cpu_time}, {"pids", &out.pids},
      {"open_files", &out.open_files}, {"file_size", &out.file_size}, {"output", &out.output},     {"disk", &out.disk}};
  for (const auto &[name, text] : limits) {
    *targets.at(name) = text;
  }
}

std::optional<Seconds> as_seconds(const std::optional<double> &value) {
  return value ? std::optional<Seconds>(*value) : std::nullopt;
}

Request request_of(const RunOptions &options) {
  Request out;
  if (options.code) {
    out.code = *options.code;
  } else if (!options.file.empty()) {
    out.code = read_whole(options.file);
  }
  out.language = options.language;
  out.files = read_files(options.files);
  out.entry_point = options.entry_point;
  out.args = options.args;
  out.open_stdin = !options.stdin_from.empty();
  out.env = environment_of(options.env);
  out.timeout = as_seconds(options.timeout);
  out.kill_grace = as_seconds(options.kill_grace);
  out.deadline = as_seconds(options.deadline);
  set_limits(out.limits, options.limits);
  out.best_effort = options.best_effort;
  out.network = options.network;
  out.collect = options.collect;
  out.artifacts_dir = options.artifacts_dir;
  return out;
}

// Blocks name their languages themselves.
void find_language(const RunOptions &options, const Executor &executor, Request &request) {
  if (!request.language.empty() || options.blocks) {
    return;
  }
  if (!request.entry_point.empty()) {
    const auto file = request.files.find(request.entry_point);
    request.language = guess_language(executor, request.entry_point,
                                      file != request.files.end() ? std::string_view(file->second) : "");
  } else {
    request.language = guess_language(executor, options.file, request.code);
  }
}

// -1 = the program gets no input.
int open_input(const RunOptions &options) {
  if (options.stdin_from.empty() || options.stdin_from == "-") {
    return options.stdin_from.empty() ? -1 : STDIN_FILENO;
  }
  return open_file(options.stdin_from);
}

Execution submit(const Executor &executor, const RunOptions &options, Request request) {
  if (!options.blocks) {
    return executor.submit(request);
  }
  const std::string markdown = std::move(request.code);
  request.code.clear();
  return executor.submit_markdown(markdown, request);
}

Result wait_for_result(const Execution &execution, int input) {
  std::optional<InputPump> pump;
  if (input >= 0) {
    pump.emplace(input, execution);
  }
  execution.wait();
  return execution.result();
}

// One line about an end that was not ok. Blocks are counted from 1, as people do.
void explain(const Result &result) {
  if (result.ok()) {
    return;
  }
  const bool skipped = std::any_of(result.notices.begin(), result.notices.end(),
                                   [](const Notice &notice) { return notice.code == "block.skipped"; });
  const std::string where =
      result.blocks.size() > 1 || (!result.blocks.empty() && !result.blocks.back().ok())
          ? "block " + std::to_string(result.blocks.size()) + (skipped ? " of those that ran: " : ": ")
          : "";
  complain(where + result.summary());
}

struct Outcome {
  int exit_code = kCannotRun;
  bool broken_pipe = false;
  std::string problem;  // of our own streams
};

Outcome report(const RunOptions &options, const Result &result, Relay &relay) {
  clear_progress();
  if (options.json || options.stream) {
    relay.print_line(result.json());
  } else {
    relay.finish(result.status != Status::kTimedOut && result.status != Status::kCancelled);
  }
  if (const OutputStream *stream = relay.broken()) {
    return {kCannotRun, stream->state() == OutputStream::State::kBrokenPipe, stream->problem()};
  }
  explain(result);
  return {result.cli_exit_code, false, ""};
}

// `--json` and `--stream` give an object also for what went wrong before a run.
std::string json_of_error(const Error &error) {
  namespace json = boost::json;
  json::object out;
  for (const char *key : {"exit_code", "signal", "execution_id", "executor", "backend", "session"}) {
    out[key] = nullptr;
  }
  out["usage"] = json::object{{"wall_ms", 0}, {"cpu_user_ms", 0}, {"cpu_system_ms", 0}, {"peak_memory_bytes", 0}};
  out["truncated"] = json::object{{"stdout", 0}, {"stderr", 0}};
  for (const char *key : {"displays", "artifacts", "blocks", "notices"}) {
    out[key] = json::array();
  }
  out["limits"] = json::object{
      {"requested", json::object()}, {"enforced", json::object()}, {"how", json::object()}, {"hit", json::array()}};
  out["status"] = to_string(error.status());
  out["stdout"] = out["stderr"] = "";
  out["cached"] = false;
  out["failure"] = json::object{{"code", to_string(error.status())},
                                {"reason", error.reason()},
                                {"message", error.what()},
                                {"details", parse_object(error.failure().details)},
                                {"retryable", false},
                                {"started", false}};
  return to_text(out);
}

Outcome run_parsed(const RunOptions &options) {
  Request request = request_of(options);
  const int input = open_input(options);
  const Runtime runtime = open_runtime(options.common);
  const Executor executor = choose_executor(runtime, options.executor);
  find_language(options, executor, request);

  SignalCancel signals;
  Relay relay(options, signals);
  request.on_event = [&relay](const Event &event) { relay.receive(event); };
  const Execution execution = submit(executor, options, std::move(request));
  signals.on_first([&execution] { execution.cancel(); });
  struct Forget {
    SignalCancel &signals;
    ~Forget() { signals.on_first({}); }
  };
  const Forget before_the_execution_goes{signals};
  const Result result = wait_for_result(execution, input);
  return report(options, result, relay);
}

}  // namespace

int run(const Arguments &arguments) {
  const auto programs_own = std::find(arguments.begin(), arguments.end(), "--");
  const bool wants_json = std::any_of(arguments.begin(), programs_own, [](const std::string &argument) {
    return argument == "--json" || argument == "--stream";
  });
  try {
    const Outcome outcome = run_parsed(parse_run(arguments));
    if (outcome.broken_pipe) {
      die_of_sigpipe();
    }
    if (!outcome.problem.empty()) {
      complain(outcome.problem);
    }
    return outcome.exit_code;
  } catch (const Error &error) {
    if (wants_json) {
      print(json_of_error(error) + "\n");
    }
    throw;
  }
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
//
// prepare_request: form of the request, times and files. Code and languages are in step_check.cpp, limits in
// limit_check.cpp.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <set>

#include "../session/session_name.h"
#include "../values/glob.h"
#include "../values/json_words.h"
#include "../values/relative_path.h"
#include "limit_check.h"
#include "prepared_request.h"
#include "request_failure.h"
#include "step_check.h"

namespace execlet::core {
namespace {

constexpr double kMaxSeconds = 1e7;
constexpr double kDefaultTimeout = 60;
constexpr double kDefaultKillGrace = 0.2;

Result<void> check_form(const Request &request) {
  if (request.out_of_memory)
    return Failure{EXECLET_INTERNAL_ERROR, "memory.exhausted", "out of memory while the request was being built"};
  if (!request.bad_argument.empty()) return invalid_request("", "argument.null", request.bad_argument);
  if (!request.session.empty())
    if (auto checked = check_session_name(request.session); !checked)
      return at_pointer("/session", std::move(checked).failure());
  const int kinds = (request.code ? 1 : 0) + (request.entry_point.empty() ? 0 : 1) + (request.has_blocks ? 1 : 0);
  if (kinds == 0)
    return invalid_request("", "request.no-code",
                           "nothing to run; give `code`, or `files` with `entry_point`, or `blocks`");
  if (kinds > 1)
    return invalid_request("", "request.several-kinds",
                           "`code`, `entry_point` and `blocks` exclude each other; give one of them");
  if (request.has_blocks && request.blocks.empty())
    return invalid_request("/blocks", "request.no-blocks", "the list of blocks is empty");
  if (request.open_stdin && request.blocks.size() > 1)
    return invalid_request(
        "/stdin", "request.stdin-blocks",
        "input that is written while the code runs belongs to one piece of code, not to several blocks");
  return {};
}

Result<Nanoseconds> check_seconds(std::string_view pointer, double seconds, bool zero_allowed) {
  if (std::isfinite(seconds) && seconds <= kMaxSeconds && (zero_allowed ? seconds >= 0 : seconds * 1e9 >= 1))
    return to_nanoseconds(seconds);
  return invalid_request(pointer, "value.seconds",
                         std::string(zero_allowed ? "expected seconds from 0 to 10000000"
                                                  : "expected seconds above 0 and at most 10000000") +
                             ", found " + core::describe_json(seconds));
}

Result<void> check_times(const Request &request, const CoreSettings &settings, PreparedRequest &out) {
  const auto timeout =
      check_seconds("/timeout", request.timeout.value_or(settings.timeout.value_or(kDefaultTimeout)), false);
  if (!timeout) return timeout.failure();
  const auto grace =
      check_seconds("/kill_grace", request.kill_grace.value_or(settings.kill_grace.value_or(kDefaultKillGrace)), true);
  if (!grace) return grace.failure();
  out.timeout = *timeout;
  out.kill_grace = *grace;
  if (request.deadline) {
    const auto deadline = check_seconds("/deadline", *request.deadline, false);
    if (!deadline) return deadline.failure();
    out.deadline = *deadline;
  }
  return {};
}

// Where backends put the code itself: it would be written over, or hide it.
bool is_reserved(std::string_view path) {
  const std::string_view first = path.substr(0, path.find('/'));
  return first == ".execlet" || first.starts_with(".execlet-");
}

Result<void> check_files(const Request &request, PreparedRequest &out) {
  std::set<std::string, std::less<>> paths;
  for (const PreparedFile &file : out.files)  // of blocks
    if (!paths.insert(file.path).second)
      return invalid_request("/blocks", "files.duplicate", "two blocks make a file " + core::quoted(file.path));
  out.files.reserve(out.files.size() + request.files.size());
  for (const auto &[given, data] : request.files) {
    const std::string pointer = child_pointer("/files", given);
    auto path = normalise_relative_path(given);
    if (!path) return at_pointer(pointer, std::move(path).failure());
    out.files.push_back({std::move(*path), data});
    if (!paths.insert(out.files.back().path).second)
      return invalid_request(pointer, "files.duplicate", "two files are called " + core::quoted(out.files.back().path));
  }
  for (const PreparedFile &file : out.files)
    if (is_reserved(file.path))
      return invalid_request(child_pointer("/files", file.path), "files.reserved",
                             "names that begin with .execlet are where the code itself is put; choose another");
  for (const Step &step : out.steps) {
    if (step.has_entry_file && is_reserved(step.entry_point))
      return invalid_request(
          "/code", "files.reserved",
          "its \"filename:\" line begins with .execlet, where the code itself is put; choose another");
    if (step.has_entry_file && paths.count(step.entry_point) != 0)
      return invalid_request(child_pointer("/files", step.entry_point), "files.duplicate",
                             "the code's own \"filename:\" line also makes a file of this name");
  }
  return {};
}

Result<void> check_environment(const Request &request, PreparedRequest &out) {
  for (const auto &[name, value] : request.env) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != name.npos)
      return invalid_request(child_pointer("/env", name), "env.name",
                             "a variable's name is not empty and has no '=' or NUL");
    if (value.find('\0') != value.npos)
      return invalid_request(child_pointer("/env", name), "env.value", "a variable's value has no NUL");
    out.env.push_back(std::string(name).append("=").append(value));
  }
  for (std::size_t i = 0; i < request.args.size(); ++i) {
    if (request.args[i].find('\0') != std::string::npos)
      return invalid_request(child_pointer("/args", std::to_string(i)), "args.nul", "an argument has no NUL");
  }
  return {};
}

Result<void> check_collect(const Request &request, PreparedRequest &out) {
  for (std::size_t i = 0; i < request.collect.size(); ++i) {
    auto glob = normalise_glob(request.collect[i]);
    if (!glob) return at_pointer(child_pointer("/collect", std::to_string(i)), std::move(glob).failure());
    out.collect.push_back(std::move(*glob));
  }
  return {};
}

Result<void> check_metadata(const Request &request) {
  if (request.metadata.empty()) return {};
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(request.metadata, error);
  if (error) return invalid_request("/metadata", "metadata.json", "is not JSON: " + error.message());
  if (!value.is_object()) return invalid_request("/metadata", "metadata.object", "is a JSON object or left out");
  return {};
}

// What the backend says that it cannot do.
Result<void> check_capabilities(const PreparedRequest &out, const ExecutorFacts &executor) {
  const Capabilities &can = executor.manifest().capabilities;
  const Request &request = *out.source;
  const std::string backend = "backend " + core::quoted(executor.manifest().name);
  const bool makes_files =
      std::any_of(out.steps.begin(), out.steps.end(), [](const Step &step) { return step.has_entry_file; });
  if (!can.files && (!out.files.empty() || makes_files))
    return rejected("/files", "files.unsupported", backend + " takes no files");
  if (!can.files && !out.collect.empty())
    return rejected("/collect", "files.unsupported", backend + " hands no files back");
  if (!can.stdin_data && (!request.stdin_data.empty() || request.open_stdin))
    return rejected("/stdin", "stdin.unsupported", backend + " gives programs no standard input");
  if (!request.network.empty() &&
      std::find(can.network.begin(), can.network.end(), request.network) == can.network.end())
    return rejected(
        "/network", "network.unsupported",
        backend + " cannot give network " + core::quoted(request.network) +
            (can.network.empty() ? "; it cannot control the network" : "; it offers " + core::listed(can.network)));
  return {};
}

// Which language code is in, and which blocks are code, depends on what the executor is for.
bool depends_on_languages(const Request &request) {
  return request.has_blocks || request.language.empty();
}

}  // namespace

Result<PreparedRequest> prepare_request(std::shared_ptr<const Request> request, ExecutorFacts &executor, Ask ask) {
  PreparedRequest out;
  out.source = std::move(request);
  out.output_retention = executor.settings().output_retention;
  if (auto done = check_form(*out.source); !done) return std::move(done).failure();
  if (auto done = check_times(*out.source, executor.settings(), out); !done) return std::move(done).failure();
  if (ask == Ask::kLater && depends_on_languages(*out.source) && !executor.knows_languages()) return out;
  if (auto done = complete_request(out, executor); !done) return std::move(done).failure();
  return out;
}

Result<void> complete_request(PreparedRequest &request, ExecutorFacts &executor) {
  const Request &given = *request.source;
  if (auto done = check_steps(given, executor, request); !done) return done;
  if (auto done = check_files(given, request); !done) return done;
  if (auto done = check_environment(given, request); !done) return done;
  if (auto done = check_collect(given, request); !done) return done;
  if (auto done = check_metadata(given); !done) return done;
  if (auto done = check_capabilities(request, executor); !done) return done;
  if (auto done = check_limits(executor, request); !done) return done;
  request.instance_key.network = given.network;
  request.complete = true;
  return {};
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// How one run ended: a plain value, independent of the runtime that made it.
// Include <execlet/execlet.hpp>, not this file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "error.hpp"
#include "execlet.h"

namespace execlet {

// What the run used; 0 where the backend does not know.
struct Usage {
  double wall_ms = 0;  // of user code
  double cpu_user_ms = 0;
  double cpu_system_ms = 0;
  std::uint64_t peak_memory_bytes = 0;
};

// One limit that was in force or asked for. Numbers are bytes, cpus, seconds or a count, as in a configuration.
struct LimitReport {
  std::string name{};    // "memory", "wall_time", …
  double requested = 0;  // 0 = not asked for
  double enforced = 0;   // 0 = not enforced (only with best effort)
  std::string how{};     // empty if it is not enforced
  bool hit = false;      // it ended the run
};

// Bytes that the program wrote and `output` and `error` do not hold.
struct Truncated {
  std::uint64_t output = 0;
  std::uint64_t error = 0;
};

struct Display {
  std::map<std::string, std::string> data{};  // MIME type → bytes, never base64
  std::string metadata{};                     // JSON object
};

struct Artifact {
  std::string name{};  // relative path with '/'
  std::string mime{};
  std::uint64_t size = 0;
  std::string data{};  // empty if it was written to Request::artifacts_dir
  std::string path{};  // where it was written; empty if it is in `data`
};

// A remark about the run: something was not done as asked, and why.
struct Notice {
  std::string code{};  // "staging.moved"
  std::string text{};
};

namespace detail {
struct SharedResult {
  std::shared_ptr<const execlet_result> handle;
  std::mutex mutex;  // calls on one handle must not overlap, copies of a Result share it
};
}  // namespace detail

// A value: copy and move it freely. Reading one from several threads at once is safe, json() included.
struct Result {
  Status status = Status::kInternalError;
  std::optional<int> exit_code{};  // empty unless the program exited by itself
  int signal = 0;                  // 0 = none
  std::string output{};            // stdout, at most as much as is retained (10 MiB unless configured)
  std::string error{};             // stderr, likewise
  Usage usage{};
  std::vector<LimitReport> limits{};
  Truncated truncated{};
  std::vector<Display> displays{};
  std::vector<Artifact> artifacts{};
  std::vector<Notice> notices{};
  bool cached = false;
  Failure failure{};
  std::string execution_id{};
  std::string executor{};
  std::string backend{};
  std::string session{};         // the session it ran in; empty = none
  bool state_lost = false;       // what earlier runs left in its session was gone when it began, or is gone with it
  std::vector<Result> blocks{};  // of the blocks that ran; empty for a request without blocks
  int cli_exit_code = 125;       // what `execlet run` returns: the program's own, 124, 125, 128+N, 130 or 137

  bool ok() const noexcept { return status == Status::kOk; }

  // One line that says how it ended: "exited with code 3", "timed out after 30 s". "ok" if all is well.
  std::string summary() const {
    if (!failure.message.empty()) {
      return failure.message;
    }
    if (status == Status::kFailed && exit_code) {
      return "exited with code " + std::to_string(*exit_code);
    }
    if (status == Status::kSignaled) {
      return "killed by signal " + std::to_string(signal);
    }
    return to_string(status);
  }

  // All of it as JSON text, with the keys that `execlet run --json` prints. "{}" for a Result that no run made.
  std::string json() const {
    if (!source) {
      return "{}";
    }
    const std::lock_guard<std::mutex> lock(source->mutex);
    return detail::text_or_empty(execlet_result_json(source->handle.get()));
  }

  // Returns the result if it is ok, else throws the exception of its status (TimeoutError, …), which carries a copy.
  const Result &or_throw() const & {
    throw_unless_ok();
    return *this;
  }
  Result or_throw() && {
    throw_unless_ok();
    return std::move(*this);
  }

  // What json() reads.
  std::shared_ptr<detail::SharedResult> source{};

 private:
  void throw_unless_ok() const {
    if (!ok()) {
      Failure why = failure;
      why.message = summary();
      detail::throw_error(status, std::move(why), std::make_shared<const Result>(*this));
    }
  }
};

namespace detail {

inline std::vector<LimitReport> read_limits(const execlet_result *from) {
  std::vector<LimitReport> out;
  const std::size_t count = execlet_result_limit_count(from);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    execlet_limit_report report = EXECLET_LIMIT_REPORT_INIT;
    if (execlet_result_limit(from, i, &report) != 0) {
      out.push_back(LimitReport{text_or_empty(report.name), report.requested, report.enforced,
                                text_or_empty(report.how), report.hit != 0});
    }
  }
  return out;
}

inline std::vector<Display> read_displays(const execlet_result *from) {
  std::vector<Display> out(execlet_result_display_count(from));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].metadata = text_or_empty(execlet_result_display_metadata(from, i));
    for (std::size_t part = 0; part < execlet_result_display_part_count(from, i); ++part) {
      std::size_t size = 0;
      const char *data = execlet_result_display_part_data(from, i, part, &size);
      out[i].data[text_or_empty(execlet_result_display_part_mime(from, i, part))] =
          data != nullptr ? std::string(data, size) : std::string();
    }
  }
  return out;
}

inline std::vector<Artifact> read_artifacts(const execlet_result *from) {
  std::vector<Artifact> out(execlet_result_artifact_count(from));
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::size_t size = 0;
    const char *data = execlet_result_artifact_data(from, i, &size);
    out[i].name = text_or_empty(execlet_result_artifact_name(from, i));
    out[i].mime = text_or_empty(execlet_result_artifact_mime(from, i));
    out[i].size = execlet_result_artifact_size(from, i);
    out[i].data = data != nullptr ? std::string(data, size) : std::string();
    out[i].path = text_or_empty(execlet_result_artifact_path(from, i));
  }
  return out;
}

inline std::vector<Notice> read_notices(const execlet_result *from) {
  std::vector<Notice> out(execlet_result_notice_count(from));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] =
        Notice{text_or_empty(execlet_result_notice_code(from, i)), text_or_empty(execlet_result_notice_text(from, i))};
  }
  return out;
}

inline void read_how_it_ended(const execlet_result *from, Result &out) {
  out.status = static_cast<Status>(execlet_result_status(from));
  int exit_code = 0;
  if (execlet_result_exit_code(from, &exit_code) != 0) {
    out.exit_code = exit_code;
  }
  out.signal = execlet_result_signal(from);
  out.cli_exit_code = execlet_result_cli_exit_code(from);
  out.failure.reason = text_or_empty(execlet_result_failure_reason(from));
  out.failure.message = text_or_empty(execlet_result_failure_message(from));
  out.failure.details = text_or_empty(execlet_result_failure_details(from));
  out.failure.retryable = execlet_result_failure_retryable(from) != 0;
  out.failure.started = execlet_result_failure_started(from) != 0;
}

// `handle` owns the memory of the result itself and of its blocks.
inline Result read_result(const std::shared_ptr<const execlet_result> &handle) {
  const execlet_result *from = handle.get();
  Result out;
  read_how_it_ended(from, out);
  std::size_t size = 0;
  if (const char *text = execlet_result_output(from, &size)) {
    out.output.assign(text, size);
  }
  if (const char *text = execlet_result_error(from, &size)) {
    out.error.assign(text, size);
  }
  execlet_usage usage = EXECLET_USAGE_INIT;
  execlet_result_usage(from, &usage);
  out.usage = Usage{usage.wall_ms, usage.cpu_user_ms, usage.cpu_system_ms, usage.peak_memory_bytes};
  out.limits = read_limits(from);
  out.truncated = Truncated{execlet_result_truncated_bytes(from, 1), execlet_result_truncated_bytes(from, 2)};
  out.displays = read_displays(from);
  out.artifacts = read_artifacts(from);
  out.notices = read_notices(from);
  out.cached = execlet_result_cached(from) != 0;
  out.execution_id = text_or_empty(execlet_result_execution_id(from));
  out.executor = text_or_empty(execlet_result_executor(from));
  out.backend = text_or_empty(execlet_result_backend(from));
  out.session = text_or_empty(execlet_result_session(from));
  out.state_lost = execlet_result_state_lost(from) != 0;
  const std::size_t block_count = execlet_result_block_count(from);
  out.blocks.reserve(block_count);
  for (std::size_t i = 0; i < block_count; ++i) {
    out.blocks.push_back(read_result(std::shared_ptr<const execlet_result>(handle, execlet_result_block(from, i))));
  }
  out.source = std::make_shared<SharedResult>();
  out.source->handle = handle;
  return out;
}

}  // namespace detail
}  // namespace execlet

// SPDX-License-Identifier: Apache-2.0
#include "result_json.h"

#include <string_view>

#include "../instance/status_table.h"
#include "../values/limits.h"
#include "../values/text.h"
#include "json_writer.h"

namespace execlet::core {
namespace {

double milliseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

template <class Select>
void write_limit_values(JsonWriter &out, const char *key, const RunResult &result, Select select) {
  out.key(key);
  out.begin_object();
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind) {
    const std::uint64_t value = select(result.limits[kind]);
    if (value == 0) continue;
    out.key(limit_name(static_cast<execlet_abi_limit>(kind)));
    out.decimal(limit_in_units(static_cast<execlet_abi_limit>(kind), value));
  }
  out.end_object();
}

void write_limits(JsonWriter &out, const RunResult &result) {
  out.key("limits");
  out.begin_object();
  write_limit_values(out, "requested", result, [](const LimitReport &report) { return report.requested; });
  write_limit_values(out, "enforced", result, [](const LimitReport &report) { return report.enforced; });
  out.key("how");
  out.begin_object();
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind) {
    if (!result.limits[kind].how.empty())
      out.member(limit_name(static_cast<execlet_abi_limit>(kind)), result.limits[kind].how);
  }
  out.end_object();
  out.key("hit");
  out.begin_array();
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind) {
    if (result.limits[kind].hit) out.string(limit_name(static_cast<execlet_abi_limit>(kind)));
  }
  out.end_array();
  out.end_object();
}

void write_usage(JsonWriter &out, const RunResult &result) {
  out.key("usage");
  out.begin_object();
  out.key("wall_ms");
  out.decimal(milliseconds(result.wall_ns));
  out.key("cpu_user_ms");
  out.decimal(milliseconds(result.cpu_user_ns));
  out.key("cpu_system_ms");
  out.decimal(milliseconds(result.cpu_system_ns));
  out.key("peak_memory_bytes");
  out.number(result.peak_memory_bytes);
  out.end_object();
}

void write_failure(JsonWriter &out, const RunResult &result) {
  out.key("failure");
  if (result.failure.reason.empty()) return out.null();
  out.begin_object();
  out.member("code", status_name(result.status));
  out.member("reason", result.failure.reason);
  out.member("message", result.failure.message);
  out.key("details");
  out.json(result.failure.details_json);
  out.key("retryable");
  out.boolean(result.failure.retryable);
  out.key("started");
  out.boolean(result.failure.started);
  out.end_object();
}

void write_truncated(JsonWriter &out, const RunResult &result) {
  out.key("truncated");
  out.begin_object();
  out.key("stdout");
  out.number(result.truncated[0]);
  out.key("stderr");
  out.number(result.truncated[1]);
  out.end_object();
}

void write_display(JsonWriter &out, const Display &display) {
  out.begin_object();
  out.key("data");
  out.begin_object();
  for (const auto &[mime, bytes] : display.parts) out.member(mime, is_utf8(bytes) ? bytes : base64_encode(bytes));
  out.end_object();
  out.key("metadata");
  out.json(display.metadata_json);
  out.end_object();
}

void write_artifact(JsonWriter &out, const Artifact &artifact) {
  out.begin_object();
  write_bytes(out, "name", artifact.name);
  out.member("mime", artifact.mime);
  out.key("size");
  out.number(artifact.size);
  if (!artifact.path.empty()) write_bytes(out, "path", artifact.path);
  out.end_object();
}

void write_session(JsonWriter &out, const RunResult &result) {
  out.key("session");
  if (result.session.empty() && !result.state_lost) return out.null();
  out.begin_object();
  out.key("id");
  if (result.session.empty())
    out.null();
  else
    out.string(result.session);
  out.key("state_lost");
  out.boolean(result.state_lost);
  out.end_object();
}

void write_remarks(JsonWriter &out, const RunResult &result) {
  out.key("displays");
  out.begin_array();
  for (const Display &display : result.displays) write_display(out, display);
  out.end_array();
  out.key("artifacts");
  out.begin_array();
  for (const Artifact &artifact : result.artifacts) write_artifact(out, artifact);
  out.end_array();
  out.key("notices");
  out.begin_array();
  for (const Notice &notice : result.notices) {
    out.begin_object();
    out.member("code", notice.code);
    out.member("text", notice.text);
    out.end_object();
  }
  out.end_array();
}

void write_result(JsonWriter &out, const RunResult &result) {
  out.begin_object();
  out.member("status", status_name(result.status));
  out.key("exit_code");
  if (result.exit_code)
    out.number(static_cast<std::int64_t>(*result.exit_code));
  else
    out.null();
  out.key("signal");
  if (result.signal != 0)
    out.number(static_cast<std::int64_t>(result.signal));
  else
    out.null();
  write_bytes(out, "stdout", result.output);
  write_bytes(out, "stderr", result.error);
  write_usage(out, result);
  write_limits(out, result);
  write_truncated(out, result);
  write_remarks(out, result);
  out.key("cached");
  out.boolean(false);
  write_failure(out, result);
  out.member("execution_id", result.execution_id);
  out.member("executor", result.executor);
  out.member("backend", result.backend);
  out.key("blocks");
  out.begin_array();
  for (const RunResult &block : result.blocks) write_result(out, block);
  out.end_array();
  write_session(out, result);
  out.end_object();
}

std::string_view event_name(std::int32_t type) {
  switch (type) {
    case EXECLET_EVENT_STARTED:
      return "started";
    case EXECLET_EVENT_STDOUT:
      return "stdout";
    case EXECLET_EVENT_STDERR:
      return "stderr";
    case EXECLET_EVENT_DISPLAY:
      return "display";
    case EXECLET_EVENT_CLEAR_OUTPUT:
      return "clear_output";
    case EXECLET_EVENT_USER_ERROR:
      return "user_error";
    case EXECLET_EVENT_INPUT_REQUEST:
      return "input_request";
    case EXECLET_EVENT_PROGRESS:
      return "progress";
    case EXECLET_EVENT_ARTIFACT:
      return "artifact";
    case EXECLET_EVENT_NOTICE:
      return "notice";
    default:
      return "unknown";
  }
}

void write_event_members(JsonWriter &out, const execlet_event &event) {
  const std::string_view data = event.data ? std::string_view(event.data, event.size) : std::string_view();
  const std::string name = lossy_utf8(event.name ? event.name : "");
  switch (event.type) {
    case EXECLET_EVENT_STDOUT:
    case EXECLET_EVENT_STDERR:
      return write_bytes(out, "data", data);
    case EXECLET_EVENT_DISPLAY:
      out.key("display");
      return out.json(data.empty() ? "null" : data);
    case EXECLET_EVENT_USER_ERROR:
      out.member("name", name);
      return write_bytes(out, "text", data);
    case EXECLET_EVENT_INPUT_REQUEST:
      return write_bytes(out, "prompt", data);
    case EXECLET_EVENT_PROGRESS:
      out.member("stage", name);
      write_bytes(out, "text", data);
      out.key("current");
      out.number(event.current);
      out.key("total");
      return out.number(event.total);
    case EXECLET_EVENT_ARTIFACT:
      write_bytes(out, "name", data);
      out.member("mime", name);
      out.key("size");
      return out.number(event.total);
    case EXECLET_EVENT_NOTICE:
      out.member("code", name);
      return write_bytes(out, "text", data);
    default:
      return;
  }
}

}  // namespace

std::string result_json(const RunResult &result) {
  JsonWriter out;
  write_result(out, result);
  return std::move(out).text();
}

std::string display_json(const Display &display) {
  JsonWriter out;
  write_display(out, display);
  return std::move(out).text();
}

std::string event_json(const execlet_event &event) {
  JsonWriter out;
  out.begin_object();
  out.member("event", event_name(event.type));
  out.key("block");
  out.number(static_cast<std::uint64_t>(event.block));
  write_event_members(out, event);
  out.end_object();
  return std::move(out).text();
}

double limit_in_units(execlet_abi_limit limit, std::uint64_t value) {
  switch (limit) {
    case EXECLET_ABI_LIMIT_WALL_TIME:
    case EXECLET_ABI_LIMIT_CPU_TIME:
      return static_cast<double>(value) / 1e9;
    case EXECLET_ABI_LIMIT_CPUS:
      return static_cast<double>(value) / 1000;
    default:
      return static_cast<double>(value);
  }
}

}  // namespace execlet::core

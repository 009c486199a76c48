// SPDX-License-Identifier: Apache-2.0
#include <execlet/execlet.h>

#include <algorithm>
#include <cstring>

#include "../runtime/result_json.h"
#include "guard.h"
#include "handles.h"

using namespace execlet::core;

namespace {

double milliseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

// The kind of the `index`-th limit that was asked for or in force, or -1.
int limit_kind(const RunResult &result, size_t index) {
  for (std::size_t kind = 0; kind < result.limits.size(); ++kind) {
    if (result.limits[kind].mentioned() && index-- == 0) return static_cast<int>(kind);
  }
  return -1;
}

const Artifact *artifact(const execlet_result *result, size_t index) {
  const auto &artifacts = result_of(result).artifacts;
  return index < artifacts.size() ? &artifacts[index] : nullptr;
}

const Display *display(const execlet_result *result, size_t index) {
  const auto &displays = result_of(result).displays;
  return index < displays.size() ? &displays[index] : nullptr;
}

const Notice *notice(const execlet_result *result, size_t index) {
  const auto &notices = result_of(result).notices;
  return index < notices.size() ? &notices[index] : nullptr;
}

const char *give(const std::string &text, size_t *size) {
  if (size) *size = text.size();
  return text.c_str();
}

}  // namespace

execlet_status execlet_result_status(const execlet_result *result) {
  return result_of(result).status;
}

const char *execlet_result_output(const execlet_result *result, size_t *size) {
  return give(result_of(result).output, size);
}

const char *execlet_result_error(const execlet_result *result, size_t *size) {
  return give(result_of(result).error, size);
}

int execlet_result_exit_code(const execlet_result *result, int *exit_code) {
  const auto &code = result_of(result).exit_code;
  if (code && exit_code) *exit_code = *code;
  return code ? 1 : 0;
}

int execlet_result_signal(const execlet_result *result) {
  return result_of(result).signal;
}

const char *execlet_result_failure_reason(const execlet_result *result) {
  return result_of(result).failure.reason.c_str();
}

const char *execlet_result_failure_message(const execlet_result *result) {
  return result_of(result).failure.message.c_str();
}

const char *execlet_result_failure_details(const execlet_result *result) {
  return result_of(result).failure.details_json.c_str();
}

int execlet_result_failure_retryable(const execlet_result *result) {
  return result_of(result).failure.retryable ? 1 : 0;
}

int execlet_result_failure_started(const execlet_result *result) {
  return result_of(result).failure.started ? 1 : 0;
}

const char *execlet_result_execution_id(const execlet_result *result) {
  return result_of(result).execution_id.c_str();
}

const char *execlet_result_executor(const execlet_result *result) {
  return result_of(result).executor.c_str();
}

const char *execlet_result_backend(const execlet_result *result) {
  return result_of(result).backend.c_str();
}

const char *execlet_result_session(const execlet_result *result) {
  return result_of(result).session.c_str();
}

int execlet_result_state_lost(const execlet_result *result) {
  return result_of(result).state_lost ? 1 : 0;
}

int execlet_result_cached(const execlet_result *) {
  return 0;  // nothing is cached in this build
}

int execlet_result_cli_exit_code(const execlet_result *result) {
  return cli_exit_code(result_of(result));
}

size_t execlet_result_block_count(const execlet_result *result) {
  return result_of(result).blocks.size();
}

const execlet_result *execlet_result_block(const execlet_result *result, size_t index) {
  const auto &blocks = result_of(result).blocks;
  return index < blocks.size() ? handle_of(blocks[index]) : nullptr;
}

size_t execlet_result_artifact_count(const execlet_result *result) {
  return result_of(result).artifacts.size();
}

const char *execlet_result_artifact_name(const execlet_result *result, size_t index) {
  const Artifact *found = artifact(result, index);
  return found ? found->name.c_str() : nullptr;
}

const char *execlet_result_artifact_data(const execlet_result *result, size_t index, size_t *size) {
  if (size) *size = 0;
  const Artifact *found = artifact(result, index);
  return found && found->data ? give(*found->data, size) : nullptr;
}

const char *execlet_result_artifact_path(const execlet_result *result, size_t index) {
  const Artifact *found = artifact(result, index);
  return found && !found->path.empty() ? found->path.c_str() : nullptr;
}

const char *execlet_result_artifact_mime(const execlet_result *result, size_t index) {
  const Artifact *found = artifact(result, index);
  return found ? found->mime.c_str() : nullptr;
}

uint64_t execlet_result_artifact_size(const execlet_result *result, size_t index) {
  const Artifact *found = artifact(result, index);
  return found ? found->size : 0;
}

void execlet_result_usage(const execlet_result *result, execlet_usage *usage) {
  const RunResult &from = result_of(result);
  execlet_usage out = EXECLET_USAGE_INIT;
  out.wall_ms = milliseconds(from.wall_ns);
  out.cpu_user_ms = milliseconds(from.cpu_user_ns);
  out.cpu_system_ms = milliseconds(from.cpu_system_ns);
  out.peak_memory_bytes = from.peak_memory_bytes;
  copy_out(out, usage);
}

size_t execlet_result_limit_count(const execlet_result *result) {
  const auto &limits = result_of(result).limits;
  return static_cast<size_t>(
      std::count_if(limits.begin(), limits.end(), [](const LimitReport &report) { return report.mentioned(); }));
}

int execlet_result_limit(const execlet_result *result, size_t index, execlet_limit_report *report) {
  const int kind = limit_kind(result_of(result), index);
  if (kind < 0) return 0;
  const LimitReport &from = result_of(result).limits[static_cast<std::size_t>(kind)];
  execlet_limit_report out = EXECLET_LIMIT_REPORT_INIT;
  out.hit = from.hit ? 1 : 0;
  out.name = limit_name(kind).data();  // literals: NUL-terminated
  out.requested = limit_in_units(kind, from.requested);
  out.enforced = limit_in_units(kind, from.enforced);
  out.how = from.how.c_str();
  copy_out(out, report);
  return 1;
}

uint64_t execlet_result_truncated_bytes(const execlet_result *result, int stream) {
  return stream == 1 || stream == 2 ? result_of(result).truncated[static_cast<std::size_t>(stream - 1)] : 0;
}

size_t execlet_result_display_count(const execlet_result *result) {
  return result_of(result).displays.size();
}

const char *execlet_result_display_metadata(const execlet_result *result, size_t index) {
  const Display *found = display(result, index);
  return found ? found->metadata_json.c_str() : nullptr;
}

size_t execlet_result_display_part_count(const execlet_result *result, size_t index) {
  const Display *found = display(result, index);
  return found ? found->parts.size() : 0;
}

const char *execlet_result_display_part_mime(const execlet_result *result, size_t index, size_t part) {
  const Display *found = display(result, index);
  return found && part < found->parts.size() ? found->parts[part].first.c_str() : nullptr;
}

const char *execlet_result_display_part_data(const execlet_result *result, size_t index, size_t part, size_t *size) {
  if (size) *size = 0;
  const Display *found = display(result, index);
  return found && part < found->parts.size() ? give(found->parts[part].second, size) : nullptr;
}

size_t execlet_result_notice_count(const execlet_result *result) {
  return result_of(result).notices.size();
}

const char *execlet_result_notice_code(const execlet_result *result, size_t index) {
  const Notice *found = notice(result, index);
  return found ? found->code.c_str() : nullptr;
}

const char *execlet_result_notice_text(const execlet_result *result, size_t index) {
  const Notice *found = notice(result, index);
  return found ? found->text.c_str() : nullptr;
}

const char *execlet_result_json(const execlet_result *result) {
  const RunResult &from = result_of(result);
  try {
    if (from.json.empty()) from.json = result_json(from);
  } catch (...) {
    return "{\"status\":\"internal_error\"}";  // no memory for the text
  }
  return from.json.c_str();
}

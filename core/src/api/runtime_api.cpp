// SPDX-License-Identifier: Apache-2.0
#include <execlet/execlet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "../config/config.h"
#include "../runtime/installation_json.h"
#include "../runtime/runtime_json.h"
#include "guard.h"
#include "handles.h"

using namespace execlet::core;

namespace {

Result<RuntimeOptions> options_from(const execlet_runtime_options *raw) {
  RuntimeOptions out;
  if (!raw) return out;
  if (raw->struct_size < offsetof(execlet_runtime_options, config_path))
    return Failure{EXECLET_INVALID_REQUEST, "argument.struct-size",
                   "options.struct_size is " + std::to_string(raw->struct_size) +
                       "; initialise the struct with EXECLET_RUNTIME_OPTIONS_INIT"};
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  // A caller of another version has a shorter or longer struct.
  std::memcpy(&options, raw, std::min<std::size_t>(raw->struct_size, sizeof options));
  if (!options.plugin_dirs && options.plugin_dir_count != 0) return null_argument("options.plugin_dirs");
  if (options.config_path) out.config_path = options.config_path;
  if (options.config_json) out.config_json = options.config_json;
  for (size_t i = 0; i < options.plugin_dir_count; ++i) out.plugin_dirs.emplace_back(or_empty(options.plugin_dirs[i]));
  out.log_level = static_cast<std::int32_t>(std::min<std::uint32_t>(options.log_level, EXECLET_LOG_OFF));
  out.log = options.log;
  out.log_ctx = options.log_ctx;
  return out;
}

Result<void> give_executor(Result<std::shared_ptr<Executor>> executor, execlet_executor **out) {
  if (!executor) return std::move(executor).failure();
  *out = new execlet_executor{std::move(*executor), {}};
  return {};
}

}  // namespace

execlet_status execlet_runtime_open(const execlet_runtime_options *options, execlet_runtime **out,
                                    execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (!out) return null_argument("out");
    *out = nullptr;
    auto checked = options_from(options);
    if (!checked) return std::move(checked).failure();
    auto runtime = Runtime::open(*checked);
    if (!runtime) return std::move(runtime).failure();
    *out = new execlet_runtime{std::move(*runtime), {}};
    return {};
  });
}

void execlet_runtime_close(execlet_runtime *runtime) {
  // In a child of a fork it stays: its end would wait for the parent's threads and close the parent's instances.
  if (is_usable(runtime)) delete runtime;
}

void execlet_runtime_rescan(execlet_runtime *runtime) {
  guarded(nullptr, [&]() -> Result<void> {
    if (auto usable = check_handle(runtime, "runtime"); !usable) return usable;
    runtime->runtime->registry().rescan();
    return {};
  });
}

void execlet_runtime_counters(const execlet_runtime *runtime, execlet_counters *counters) {
  if (!is_usable(runtime)) return;
  const Counters &from = runtime->runtime->counters();
  execlet_counters out = EXECLET_COUNTERS_INIT;
  // Ends before beginnings, closings before openings: so that no difference of the two is negative.
  for (std::size_t status = 0; status < from.ended.size(); ++status) out.ended[status] = from.ended[status];
  out.begun = from.begun;
  const std::uint64_t closed = from.instances_closed;
  out.instances_opened = from.instances_opened;
  out.instances_open = out.instances_opened - closed;
  out.output_bytes = from.output_bytes;
  out.events_dropped = from.events_dropped;
  copy_out(out, counters);
}

const char *execlet_runtime_config_path(const execlet_runtime *runtime) {
  return runtime ? runtime->runtime->config_path().c_str() : "";
}

execlet_text *execlet_runtime_plugins_json(execlet_runtime *runtime) {
  if (!is_usable(runtime)) return nullptr;
  return text_from([&] { return plugins_json(runtime->runtime->registry()); });
}

execlet_status execlet_runtime_plugin_json(execlet_runtime *runtime, const char *name, execlet_text **out,
                                           execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_call(runtime, "runtime", out); !usable) return usable;
    return give_text(plugin_json(runtime->runtime->registry(), or_empty(name)), out);
  });
}

execlet_text *execlet_plugin_verify_json(const char *file) {
  return text_from([&] { return verification_json(or_empty(file)); });
}

execlet_text *execlet_runtime_config_json(execlet_runtime *runtime) {
  if (!is_usable(runtime)) return nullptr;
  return text_from([&] { return runtime->runtime->config_json(); });
}

execlet_text *execlet_runtime_sessions_json(execlet_runtime *runtime) {
  if (!is_usable(runtime)) return nullptr;
  return text_from([&] { return sessions_json(runtime->runtime->sessions()); });
}

execlet_status execlet_runtime_check_config(execlet_runtime *runtime, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_handle(runtime, "runtime"); !usable) return usable;
    return runtime->runtime->check_config();
  });
}

execlet_text *execlet_installation_json(void) {
  return text_from([] { return installation_json(); });
}

execlet_text *execlet_config_schema_json(void) {
  return text_from([] { return config_schema_json(); });
}

execlet_status execlet_runtime_executor(execlet_runtime *runtime, const char *name, execlet_executor **out,
                                        execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_call(runtime, "runtime", out); !usable) return usable;
    return give_executor(runtime->runtime->executor(or_empty(name)), out);
  });
}

execlet_status execlet_runtime_executor_from_json(execlet_runtime *runtime, const char *name, const char *executor_json,
                                                  execlet_executor **out, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_call(runtime, "runtime", out); !usable) return usable;
    return give_executor(runtime->runtime->executor_from_json(or_empty(name), or_empty(executor_json)), out);
  });
}

// SPDX-License-Identifier: Apache-2.0
#include <execlet/execlet.h>

#include <algorithm>
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

RuntimeOptions options_from(const execlet_runtime_options *raw) {
  RuntimeOptions out;
  if (!raw) return out;
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  // A caller of another version has a shorter or longer struct.
  std::memcpy(&options, raw, std::min<std::size_t>(raw->struct_size, sizeof options));
  if (options.config_path) out.config_path = options.config_path;
  if (options.config_json) out.config_json = options.config_json;
  for (size_t i = 0; i < options.plugin_dir_count; ++i) out.plugin_dirs.emplace_back(or_empty(options.plugin_dirs[i]));
  out.log_level = static_cast<std::int32_t>(options.log_level);
  out.log = options.log;
  out.log_ctx = options.log_ctx;
  return out;
}

Result<void> give_executor(Result<std::shared_ptr<Executor>> executor, execlet_executor **out) {
  if (!executor) return std::move(executor).failure();
  *out = new execlet_executor{std::move(*executor)};
  return {};
}

}  // namespace

execlet_status execlet_runtime_open(const execlet_runtime_options *options, execlet_runtime **out,
                                    execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    *out = nullptr;
    auto runtime = Runtime::open(options_from(options));
    if (!runtime) return std::move(runtime).failure();
    *out = new execlet_runtime{std::move(*runtime)};
    return {};
  });
}

void execlet_runtime_close(execlet_runtime *runtime) {
  delete runtime;
}

void execlet_runtime_rescan(execlet_runtime *runtime) {
  guarded(nullptr, [&]() -> Result<void> {
    runtime->runtime->registry().rescan();
    return {};
  });
}

const char *execlet_runtime_config_path(const execlet_runtime *runtime) {
  return runtime->runtime->config_path().c_str();
}

execlet_text *execlet_runtime_plugins_json(execlet_runtime *runtime) {
  return text_from([&] { return plugins_json(runtime->runtime->registry()); });
}

execlet_status execlet_runtime_plugin_json(execlet_runtime *runtime, const char *name, execlet_text **out,
                                           execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    *out = nullptr;
    return give_text(plugin_json(runtime->runtime->registry(), or_empty(name)), out);
  });
}

execlet_text *execlet_plugin_verify_json(const char *file) {
  return text_from([&] { return verification_json(or_empty(file)); });
}

execlet_text *execlet_runtime_config_json(execlet_runtime *runtime) {
  return text_from([&] { return runtime->runtime->config_json(); });
}

execlet_status execlet_runtime_check_config(execlet_runtime *runtime, execlet_error **error) {
  return guarded(error, [&] { return runtime->runtime->check_config(); });
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
    *out = nullptr;
    return give_executor(runtime->runtime->executor(or_empty(name)), out);
  });
}

execlet_status execlet_runtime_executor_from_json(execlet_runtime *runtime, const char *name, const char *executor_json,
                                                  execlet_executor **out, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    *out = nullptr;
    return give_executor(runtime->runtime->executor_from_json(or_empty(name), or_empty(executor_json)), out);
  });
}

// SPDX-License-Identifier: Apache-2.0
#include "fake_execlet.h"

#include <cstdlib>

fake::Script fake::script;
fake::Record fake::record;

namespace {
execlet_runtime_options last_options;
}

void fake::reset() {
  script = Script();
  record = Record();
}

void fake::log(int level, const char *component, const char *message) {
  last_options.log(last_options.log_ctx, level, component, message);
}

struct execlet_error {
  execlet_status status;
  std::string reason, message;
};
struct execlet_text {
  std::string text;
};
struct execlet_runtime {};
struct execlet_executor {
  std::string name;
};
struct execlet_request {};
struct execlet_result {
  fake::ResultScript script;
  std::vector<execlet_result> blocks;
  explicit execlet_result(const fake::ResultScript &from) : script(from) {
    for (const auto &block : from.blocks) {
      blocks.emplace_back(block);
    }
  }
};
struct execlet_execution {
  execlet_result result;
};

namespace {

using fake::record;
using fake::script;

template <class T>
T *alive(T *handle) {
  ++record.alive;
  return handle;
}
template <class T>
void release(T *handle) {
  if (handle != nullptr) {
    --record.alive;
    delete handle;
  }
}

execlet_status fail_as_scripted(execlet_error **error) {
  if (script.open_status != EXECLET_OK && error != nullptr) {
    *error = alive(new execlet_error{script.open_status, script.reason, script.message});
  }
  return script.open_status;
}

execlet_text *text(std::string value) {
  return alive(new execlet_text{std::move(value)});
}

void play_events(execlet_execution *execution, execlet_event_fn on_event, void *ctx) {
  for (const auto &event : script.events) {
    execlet_event raw = {};
    raw.struct_size = sizeof raw;
    raw.type = event.type;
    raw.data = event.data.data();
    raw.size = event.data.size();
    raw.name = event.name.c_str();
    if (on_event != nullptr) {
      ++record.events_delivered;
      on_event(ctx, execution, &raw);
    }
  }
}

}  // namespace

extern "C" {

const char *execlet_version(void) {
  return "9.8.7";
}
const char *execlet_status_name(execlet_status status) {
  return status == EXECLET_OK ? "ok" : "not-ok";
}

execlet_status execlet_error_status(const execlet_error *error) {
  return error->status;
}
const char *execlet_error_reason(const execlet_error *error) {
  return error->reason.c_str();
}
const char *execlet_error_message(const execlet_error *error) {
  return error->message.c_str();
}
const char *execlet_error_details(const execlet_error *) {
  return "{\"pointer\":\"/x\"}";
}
void execlet_error_free(execlet_error *error) {
  release(error);
}

const char *execlet_text_data(const execlet_text *value) {
  return value->text.c_str();
}
size_t execlet_text_size(const execlet_text *value) {
  return value->text.size();
}
void execlet_text_free(execlet_text *value) {
  release(value);
}

execlet_status execlet_runtime_open(const execlet_runtime_options *options, execlet_runtime **out,
                                    execlet_error **error) {
  last_options = *options;
  record.config_path = options->config_path != nullptr ? options->config_path : "";
  record.config_json = options->config_json != nullptr ? options->config_json : "";
  record.plugin_dirs.assign(options->plugin_dirs, options->plugin_dirs + options->plugin_dir_count);
  if (fail_as_scripted(error) == EXECLET_OK) {
    *out = alive(new execlet_runtime());
  }
  return script.open_status;
}
void execlet_runtime_close(execlet_runtime *runtime) {
  release(runtime);
}
void execlet_runtime_rescan(execlet_runtime *) {}
const char *execlet_runtime_config_path(const execlet_runtime *) {
  return "/etc/execlet.json";
}
execlet_text *execlet_runtime_plugins_json(execlet_runtime *) {
  return text("{\"plugins\":1}");
}
execlet_status execlet_runtime_plugin_json(execlet_runtime *, const char *name, execlet_text **out,
                                           execlet_error **error) {
  if (fail_as_scripted(error) == EXECLET_OK) {
    *out = text(std::string("{\"plugin\":\"") + name + "\"}");
  }
  return script.open_status;
}
execlet_text *execlet_plugin_verify_json(const char *file) {
  return text(std::string("{\"verified\":\"") + file + "\"}");
}
execlet_text *execlet_runtime_config_json(execlet_runtime *) {
  return text("{\"config\":1}");
}
execlet_text *execlet_runtime_sessions_json(execlet_runtime *) {
  return text("{\"sessions\":[]}");
}
execlet_status execlet_runtime_check_config(execlet_runtime *, execlet_error **error) {
  return fail_as_scripted(error);
}
execlet_text *execlet_installation_json(void) {
  return text("{\"installation\":1}");
}
execlet_text *execlet_config_schema_json(void) {
  return text("{\"schema\":1}");
}

execlet_status execlet_runtime_executor(execlet_runtime *, const char *name, execlet_executor **out,
                                        execlet_error **error) {
  record.executor_name = name != nullptr ? name : "(default)";
  if (fail_as_scripted(error) == EXECLET_OK) {
    *out = alive(new execlet_executor{record.executor_name});
  }
  return script.open_status;
}
execlet_status execlet_runtime_executor_from_json(execlet_runtime *, const char *name, const char *executor_json,
                                                  execlet_executor **out, execlet_error **error) {
  record.request["executor_json"] = executor_json;
  if (fail_as_scripted(error) == EXECLET_OK) {
    *out = alive(new execlet_executor{name});
  }
  return script.open_status;
}
const char *execlet_executor_name(const execlet_executor *executor) {
  return executor->name.c_str();
}
const char *execlet_executor_backend(const execlet_executor *) {
  return "fake";
}
execlet_status execlet_executor_start(execlet_executor *, execlet_error **error) {
  return fail_as_scripted(error);
}
execlet_status execlet_executor_stop(execlet_executor *, execlet_error **error) {
  return fail_as_scripted(error);
}
execlet_status execlet_executor_restart(execlet_executor *, execlet_error **error) {
  return fail_as_scripted(error);
}
execlet_status execlet_executor_open_session(execlet_executor *, const char *name, execlet_text **id,
                                             execlet_error **error) {
  if (fail_as_scripted(error) == EXECLET_OK) {
    *id = text(name != nullptr ? name : "@1");
    record.sessions.push_back(execlet_text_data(*id));
  }
  return script.open_status;
}
execlet_status execlet_executor_close_session(execlet_executor *, const char *id, execlet_error **error) {
  record.sessions.push_back(std::string("closed ") + id);
  return fail_as_scripted(error);
}
execlet_status execlet_executor_describe_json(execlet_executor *, execlet_text **out, execlet_error **error) {
  if (fail_as_scripted(error) == EXECLET_OK) {
    *out = text("{\"languages\":[]}");
  }
  return script.open_status;
}
execlet_status execlet_executor_inspect_json(execlet_executor *, execlet_text **out, execlet_error **error) {
  if (fail_as_scripted(error) == EXECLET_OK) {
    *out = text("{\"limits\":{}}");
  }
  return script.open_status;
}
void execlet_executor_free(execlet_executor *executor) {
  release(executor);
}

execlet_request *execlet_request_new(void) {
  return alive(new execlet_request());
}
void execlet_request_free(execlet_request *request) {
  release(request);
}
execlet_status execlet_request_add_markdown(execlet_request *, const char *markdown, size_t size, size_t *count,
                                            execlet_error **error) {
  record.request["markdown"] = std::string(markdown, size);
  *count = record.request["markdown"].find("```") != std::string::npos ? 1 : 0;
  return fail_as_scripted(error);
}

execlet_text *execlet_event_json(const execlet_event *event) {
  return text("{\"type\":" + std::to_string(event->type) + "}");
}

execlet_result *execlet_executor_execute(execlet_executor *, const execlet_request *, execlet_event_fn on_event,
                                         void *event_ctx) {
  execlet_execution execution{execlet_result(script.result)};
  play_events(&execution, on_event, event_ctx);
  return alive(new execlet_result(script.result));
}
execlet_execution *execlet_executor_submit(execlet_executor *, const execlet_request *, execlet_event_fn on_event,
                                           void *event_ctx) {
  auto *execution = alive(new execlet_execution{execlet_result(script.result)});
  play_events(execution, on_event, event_ctx);
  return execution;
}
int execlet_execution_wait(execlet_execution *, double seconds) {
  record.request["wait"] = std::to_string(seconds);
  return 1;
}
void execlet_execution_cancel(execlet_execution *) {
  ++record.cancels;
}
const char *execlet_execution_id(const execlet_execution *) {
  return "x1";
}
execlet_status execlet_execution_write_stdin(execlet_execution *, const void *data, size_t size, int close) {
  record.input += std::string(static_cast<const char *>(data), size) + (close != 0 ? "<end>" : "");
  return script.open_status;
}
const execlet_result *execlet_execution_result(execlet_execution *execution) {
  return &execution->result;
}
void execlet_execution_free(execlet_execution *execution) {
  release(execution);
}

void execlet_result_free(execlet_result *result) {
  release(result);
}
execlet_status execlet_result_status(const execlet_result *result) {
  return result->script.status;
}
const char *execlet_result_output(const execlet_result *result, size_t *size) {
  *size = result->script.output.size();
  return result->script.output.data();
}
const char *execlet_result_error(const execlet_result *result, size_t *size) {
  *size = result->script.error.size();
  return result->script.error.data();
}
int execlet_result_exit_code(const execlet_result *result, int *exit_code) {
  *exit_code = result->script.exit_code;
  return result->script.exited ? 1 : 0;
}
int execlet_result_signal(const execlet_result *result) {
  return result->script.signal;
}
const char *execlet_result_failure_reason(const execlet_result *result) {
  return result->script.reason.c_str();
}
const char *execlet_result_failure_message(const execlet_result *result) {
  return result->script.message.c_str();
}
const char *execlet_result_failure_details(const execlet_result *result) {
  return result->script.details.c_str();
}
int execlet_result_failure_retryable(const execlet_result *result) {
  return result->script.retryable ? 1 : 0;
}
int execlet_result_failure_started(const execlet_result *result) {
  return result->script.started ? 1 : 0;
}
const char *execlet_result_execution_id(const execlet_result *) {
  return "x1";
}
const char *execlet_result_executor(const execlet_result *) {
  return "py";
}
const char *execlet_result_backend(const execlet_result *) {
  return "fake";
}
const char *execlet_result_session(const execlet_result *) {
  return "s1";
}
int execlet_result_state_lost(const execlet_result *) {
  return 1;
}
int execlet_result_cached(const execlet_result *) {
  return 1;
}
int execlet_result_cli_exit_code(const execlet_result *) {
  return 77;
}
size_t execlet_result_block_count(const execlet_result *result) {
  return result->blocks.size();
}
const execlet_result *execlet_result_block(const execlet_result *result, size_t index) {
  return &result->blocks[index];
}
size_t execlet_result_artifact_count(const execlet_result *) {
  return 2;
}
const char *execlet_result_artifact_name(const execlet_result *, size_t index) {
  return index == 0 ? "a.bin" : "b.txt";
}
const char *execlet_result_artifact_data(const execlet_result *, size_t index, size_t *size) {
  *size = index == 0 ? 3 : 0;
  return index == 0 ? "a\0b" : nullptr;
}
const char *execlet_result_artifact_path(const execlet_result *, size_t index) {
  return index == 0 ? nullptr : "out/b.txt";
}
const char *execlet_result_artifact_mime(const execlet_result *, size_t index) {
  return index == 0 ? "application/octet-stream" : "text/plain";
}
uint64_t execlet_result_artifact_size(const execlet_result *, size_t index) {
  return index == 0 ? 3 : 9;
}
void execlet_result_usage(const execlet_result *, execlet_usage *usage) {
  usage->wall_ms = 1.5;
  usage->cpu_user_ms = 2.5;
  usage->cpu_system_ms = 3.5;
  usage->peak_memory_bytes = 4096;
}
size_t execlet_result_limit_count(const execlet_result *) {
  return 1;
}
int execlet_result_limit(const execlet_result *, size_t, execlet_limit_report *report) {
  report->name = "memory";
  report->requested = 512;
  report->enforced = 256;
  report->how = "cgroup";
  report->hit = 1;
  return 1;
}
uint64_t execlet_result_truncated_bytes(const execlet_result *, int stream) {
  return stream == 1 ? 11 : 22;
}
size_t execlet_result_display_count(const execlet_result *) {
  return 1;
}
const char *execlet_result_display_metadata(const execlet_result *, size_t) {
  return "{\"w\":1}";
}
size_t execlet_result_display_part_count(const execlet_result *, size_t) {
  return 2;
}
const char *execlet_result_display_part_mime(const execlet_result *, size_t, size_t part) {
  return part == 0 ? "text/plain" : "image/png";
}
const char *execlet_result_display_part_data(const execlet_result *, size_t, size_t part, size_t *size) {
  *size = part == 0 ? 4 : 2;
  return part == 0 ? "text" : "\0P";
}
size_t execlet_result_notice_count(const execlet_result *) {
  return 1;
}
const char *execlet_result_notice_code(const execlet_result *, size_t) {
  return "staging.moved";
}
const char *execlet_result_notice_text(const execlet_result *, size_t) {
  return "elsewhere";
}
const char *execlet_result_json(const execlet_result *result) {
  return result->script.output == "block" ? "{\"block\":1}" : "{\"all\":1}";
}

}  // extern "C"

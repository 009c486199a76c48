/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout of plugin ABI 1.0, compiled against today's headers: every offset, every type, every number. Members may
 * be added at the end of a struct; anything else that changes breaks this file, and every plugin that was built before.
 * Once 1.0 is frozen this file is never edited: a new minor version adds layout_1_1.c for what it appended.
 * 64-bit targets only, as the loader.
 */
#include <execlet/plugin.h>

#define SAME_NUMBER(name, value) _Static_assert((name) == (value), #name " has another value")
#define SAME_TYPE(type, expected) _Static_assert(__builtin_types_compatible_p(type, expected), #type " is another type")
#define MEMBER(type, member, offset, member_type)                                            \
  _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved");        \
  _Static_assert(__builtin_types_compatible_p(__typeof__(((type *)0)->member), member_type), \
                 #type "." #member " has another type")
/* A struct with struct_size may grow; one without is passed by value or in arrays and may not. */
#define GROWS(type, size) _Static_assert(sizeof(type) >= (size), #type " has shrunk")
#define FROZEN(type, size) _Static_assert(sizeof(type) == (size), #type " has another size")

/* ---- numbers --------------------------------------------------------------------------------------------------- */

SAME_NUMBER(EXECLET_ABI_MAJOR, 1);
SAME_NUMBER(EXECLET_ABI_OK, 0);
SAME_NUMBER(EXECLET_ABI_CANCELLED, 1);
SAME_NUMBER(EXECLET_ABI_INVALID_ARGUMENT, 3);
SAME_NUMBER(EXECLET_ABI_TIMEOUT, 4);
SAME_NUMBER(EXECLET_ABI_NOT_FOUND, 5);
SAME_NUMBER(EXECLET_ABI_POLICY, 7);
SAME_NUMBER(EXECLET_ABI_RESOURCE_EXHAUSTED, 8);
SAME_NUMBER(EXECLET_ABI_INVALID_STATE, 9);
SAME_NUMBER(EXECLET_ABI_UNSUPPORTED, 12);
SAME_NUMBER(EXECLET_ABI_INTERNAL, 13);
SAME_NUMBER(EXECLET_ABI_UNAVAILABLE, 14);
SAME_NUMBER(EXECLET_ABI_UNAUTHENTICATED, 16);
SAME_NUMBER(EXECLET_ABI_LIMIT_WALL_TIME, 0);
SAME_NUMBER(EXECLET_ABI_LIMIT_MEMORY, 1);
SAME_NUMBER(EXECLET_ABI_LIMIT_CPUS, 2);
SAME_NUMBER(EXECLET_ABI_LIMIT_CPU_TIME, 3);
SAME_NUMBER(EXECLET_ABI_LIMIT_PIDS, 4);
SAME_NUMBER(EXECLET_ABI_LIMIT_OPEN_FILES, 5);
SAME_NUMBER(EXECLET_ABI_LIMIT_FILE_SIZE, 6);
SAME_NUMBER(EXECLET_ABI_LIMIT_OUTPUT, 7);
SAME_NUMBER(EXECLET_ABI_LIMIT_DISK, 8);
SAME_NUMBER(EXECLET_ABI_CANCEL_NONE, 0);
SAME_NUMBER(EXECLET_ABI_CANCEL_INTERRUPT, 1);
SAME_NUMBER(EXECLET_ABI_CANCEL_TERMINATE, 2);
SAME_NUMBER(EXECLET_ABI_CANCEL_KILL, 3);
SAME_NUMBER(EXECLET_ABI_EVENT_STARTED, 1);
SAME_NUMBER(EXECLET_ABI_EVENT_OUTPUT, 2);
SAME_NUMBER(EXECLET_ABI_EVENT_DISPLAY, 3);
SAME_NUMBER(EXECLET_ABI_EVENT_CLEAR_OUTPUT, 4);
SAME_NUMBER(EXECLET_ABI_EVENT_USER_ERROR, 5);
SAME_NUMBER(EXECLET_ABI_EVENT_INPUT_REQUEST, 6);
SAME_NUMBER(EXECLET_ABI_EVENT_PROGRESS, 7);
SAME_NUMBER(EXECLET_ABI_EVENT_LIMIT, 8);
SAME_NUMBER(EXECLET_ABI_EVENT_ARTIFACT, 9);
SAME_NUMBER(EXECLET_ABI_EVENT_NOTICE, 10);
SAME_NUMBER(EXECLET_ABI_EVENT_OUTPUT_SKIPPED, 11);
SAME_NUMBER(EXECLET_ABI_CLEAR_WAIT, 1u);
SAME_NUMBER(EXECLET_ABI_INPUT_PASSWORD, 1u);
SAME_NUMBER(EXECLET_ABI_DISPLAY_VALUE, 1u);
SAME_NUMBER(EXECLET_ABI_DISPLAY_UPDATE, 2u);
SAME_NUMBER(EXECLET_ABI_ARTIFACT_LAST, 1u);
SAME_NUMBER(EXECLET_ABI_LOG_TRACE, 0);
SAME_NUMBER(EXECLET_ABI_LOG_DEBUG, 1);
SAME_NUMBER(EXECLET_ABI_LOG_INFO, 2);
SAME_NUMBER(EXECLET_ABI_LOG_WARN, 3);
SAME_NUMBER(EXECLET_ABI_LOG_ERROR, 4);
SAME_NUMBER(EXECLET_ABI_REQUEST_HAS_INPUT, 1u);
SAME_NUMBER(EXECLET_ABI_REQUEST_BEST_EFFORT, 2u);
SAME_NUMBER(EXECLET_ABI_OUTCOME_NONE, 0);
SAME_NUMBER(EXECLET_ABI_OUTCOME_EXITED, 1);
SAME_NUMBER(EXECLET_ABI_OUTCOME_SIGNALED, 2);
SAME_NUMBER(EXECLET_ABI_OUTCOME_RAISED, 3);
SAME_NUMBER(EXECLET_ABI_OUTCOME_DIED, 4);
SAME_NUMBER(EXECLET_ABI_OUTCOME_TIMED_OUT, 5);
SAME_NUMBER(EXECLET_ABI_OUTCOME_LIMIT, 6);
SAME_NUMBER(EXECLET_ABI_OUTCOME_CANCELLED, 7);
SAME_NUMBER(EXECLET_ABI_RESULT_STATE_LOST, 1u);
SAME_NUMBER(EXECLET_ABI_RESULT_POISONED, 2u);
SAME_NUMBER(EXECLET_ABI_INSTANCE_NAMED, 1u);
_Static_assert(sizeof(EXECLET_ABI_ENTRY_NAME) == sizeof("execlet_plugin_entry_v1"),
               "EXECLET_ABI_ENTRY_NAME has another value");
_Static_assert(sizeof(EXECLET_ABI_MANIFEST_SECTION_NAME) == sizeof(".execlet.manifest"),
               "EXECLET_ABI_MANIFEST_SECTION_NAME has another value");
/* These two may only rise. */
_Static_assert(EXECLET_ABI_MINOR >= 0, "the minor version went back");
_Static_assert(EXECLET_ABI_LIMIT_COUNT >= 9, "a kind of limit is gone");

/* ---- types ----------------------------------------------------------------------------------------------------- */

SAME_TYPE(execlet_abi_status, int32_t);
SAME_TYPE(execlet_abi_limit, int32_t);
SAME_TYPE(execlet_abi_cancel, int32_t);
SAME_TYPE(execlet_abi_event_type, int32_t);
SAME_TYPE(execlet_abi_log_level, int32_t);
SAME_TYPE(execlet_abi_outcome, int32_t);
SAME_TYPE(execlet_abi_text_sink, void (*)(void *ctx, execlet_abi_str text));
SAME_TYPE(execlet_abi_entry, execlet_abi_status (*)(uint32_t host_minor, const execlet_abi_plugin **out));

/* ---- structs --------------------------------------------------------------------------------------------------- */

FROZEN(execlet_abi_str, 16);
MEMBER(execlet_abi_str, data, 0, const char *);
MEMBER(execlet_abi_str, size, 8, uint64_t);

/* The head of all others: inside them by value, so it cannot grow. */
FROZEN(execlet_abi_event, 24);
MEMBER(execlet_abi_event, struct_size, 0, uint32_t);
MEMBER(execlet_abi_event, type, 4, execlet_abi_event_type);
MEMBER(execlet_abi_event, flags, 8, uint32_t);
MEMBER(execlet_abi_event, reserved, 12, uint32_t);
MEMBER(execlet_abi_event, time_ns, 16, uint64_t);

GROWS(execlet_abi_output_event, 48);
MEMBER(execlet_abi_output_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_output_event, stream, 24, int32_t);
MEMBER(execlet_abi_output_event, reserved, 28, uint32_t);
MEMBER(execlet_abi_output_event, data, 32, execlet_abi_str);

GROWS(execlet_abi_output_skipped_event, 40);
MEMBER(execlet_abi_output_skipped_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_output_skipped_event, stream, 24, int32_t);
MEMBER(execlet_abi_output_skipped_event, reserved, 28, uint32_t);
MEMBER(execlet_abi_output_skipped_event, bytes, 32, uint64_t);

FROZEN(execlet_abi_mime_part, 32);
MEMBER(execlet_abi_mime_part, mime, 0, execlet_abi_str);
MEMBER(execlet_abi_mime_part, data, 16, execlet_abi_str);

GROWS(execlet_abi_display_event, 72);
MEMBER(execlet_abi_display_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_display_event, display_id, 24, execlet_abi_str);
MEMBER(execlet_abi_display_event, parts, 40, const execlet_abi_mime_part *);
MEMBER(execlet_abi_display_event, part_count, 48, uint64_t);
MEMBER(execlet_abi_display_event, metadata_json, 56, execlet_abi_str);

GROWS(execlet_abi_user_error_event, 72);
MEMBER(execlet_abi_user_error_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_user_error_event, name, 24, execlet_abi_str);
MEMBER(execlet_abi_user_error_event, message, 40, execlet_abi_str);
MEMBER(execlet_abi_user_error_event, traceback, 56, execlet_abi_str);

GROWS(execlet_abi_progress_event, 72);
MEMBER(execlet_abi_progress_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_progress_event, stage, 24, execlet_abi_str);
MEMBER(execlet_abi_progress_event, text, 40, execlet_abi_str);
MEMBER(execlet_abi_progress_event, current, 56, uint64_t);
MEMBER(execlet_abi_progress_event, total, 64, uint64_t);

GROWS(execlet_abi_limit_event, 56);
MEMBER(execlet_abi_limit_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_limit_event, limit, 24, execlet_abi_limit);
MEMBER(execlet_abi_limit_event, reserved, 28, uint32_t);
MEMBER(execlet_abi_limit_event, enforced, 32, uint64_t);
MEMBER(execlet_abi_limit_event, how, 40, execlet_abi_str);

GROWS(execlet_abi_artifact_event, 96);
MEMBER(execlet_abi_artifact_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_artifact_event, name, 24, execlet_abi_str);
MEMBER(execlet_abi_artifact_event, mime, 40, execlet_abi_str);
MEMBER(execlet_abi_artifact_event, size, 56, uint64_t);
MEMBER(execlet_abi_artifact_event, offset, 64, uint64_t);
MEMBER(execlet_abi_artifact_event, data, 72, execlet_abi_str);
MEMBER(execlet_abi_artifact_event, fd, 88, int32_t);
MEMBER(execlet_abi_artifact_event, reserved, 92, uint32_t);

GROWS(execlet_abi_notice_event, 56);
MEMBER(execlet_abi_notice_event, head, 0, execlet_abi_event);
MEMBER(execlet_abi_notice_event, code, 24, execlet_abi_str);
MEMBER(execlet_abi_notice_event, text, 40, execlet_abi_str);

GROWS(execlet_abi_call, 48);
MEMBER(execlet_abi_call, struct_size, 0, uint32_t);
MEMBER(execlet_abi_call, wake_fd, 4, int32_t);
MEMBER(execlet_abi_call, ctx, 8, void *);
MEMBER(execlet_abi_call, deadline_ns, 16, uint64_t);
MEMBER(execlet_abi_call, emit, 24, execlet_abi_status (*)(void *ctx, const execlet_abi_event *event));
MEMBER(execlet_abi_call, cancelled, 32, execlet_abi_cancel (*)(void *ctx));
MEMBER(execlet_abi_call, read_input, 40,
       execlet_abi_status (*)(void *ctx, char *buffer, uint64_t capacity, uint64_t *size));

GROWS(execlet_abi_host, 56);
MEMBER(execlet_abi_host, struct_size, 0, uint32_t);
MEMBER(execlet_abi_host, abi_minor, 4, uint32_t);
MEMBER(execlet_abi_host, ctx, 8, void *);
MEMBER(execlet_abi_host, log_enabled, 16, int32_t (*)(void *ctx, execlet_abi_log_level level));
MEMBER(execlet_abi_host, log, 24,
       void (*)(void *ctx, execlet_abi_log_level level, execlet_abi_str component, execlet_abi_str message));
MEMBER(execlet_abi_host, error_set, 32,
       void (*)(execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message,
                execlet_abi_str details_json));
MEMBER(execlet_abi_host, helper_path, 40,
       execlet_abi_status (*)(void *ctx, execlet_abi_str name, char *buffer, uint64_t capacity,
                              execlet_abi_error *error));
MEMBER(execlet_abi_host, get_extension, 48, const void *(*)(void *ctx, const char *id));

GROWS(execlet_abi_file, 40);
MEMBER(execlet_abi_file, struct_size, 0, uint32_t);
MEMBER(execlet_abi_file, mode, 4, uint32_t);
MEMBER(execlet_abi_file, path, 8, execlet_abi_str);
MEMBER(execlet_abi_file, data, 24, execlet_abi_str);

GROWS(execlet_abi_limits, 72);
MEMBER(execlet_abi_limits, struct_size, 0, uint32_t);
MEMBER(execlet_abi_limits, reserved, 4, uint32_t);
MEMBER(execlet_abi_limits, memory, 8, uint64_t);
MEMBER(execlet_abi_limits, cpus, 16, uint64_t);
MEMBER(execlet_abi_limits, cpu_time, 24, uint64_t);
MEMBER(execlet_abi_limits, pids, 32, uint64_t);
MEMBER(execlet_abi_limits, open_files, 40, uint64_t);
MEMBER(execlet_abi_limits, file_size, 48, uint64_t);
MEMBER(execlet_abi_limits, output, 56, uint64_t);
MEMBER(execlet_abi_limits, disk, 64, uint64_t);

GROWS(execlet_abi_request, 200);
MEMBER(execlet_abi_request, struct_size, 0, uint32_t);
MEMBER(execlet_abi_request, flags, 4, uint32_t);
MEMBER(execlet_abi_request, execution_id, 8, execlet_abi_str);
MEMBER(execlet_abi_request, language, 24, execlet_abi_str);
MEMBER(execlet_abi_request, code, 40, execlet_abi_str);
MEMBER(execlet_abi_request, entry_point, 56, execlet_abi_str);
MEMBER(execlet_abi_request, files, 72, const execlet_abi_file *const *);
MEMBER(execlet_abi_request, file_count, 80, uint64_t);
MEMBER(execlet_abi_request, args, 88, const execlet_abi_str *);
MEMBER(execlet_abi_request, arg_count, 96, uint64_t);
MEMBER(execlet_abi_request, env, 104, const execlet_abi_str *);
MEMBER(execlet_abi_request, env_count, 112, uint64_t);
MEMBER(execlet_abi_request, collect, 120, const execlet_abi_str *);
MEMBER(execlet_abi_request, collect_count, 128, uint64_t);
MEMBER(execlet_abi_request, limits, 136, const execlet_abi_limits *);
MEMBER(execlet_abi_request, timeout_ns, 144, uint64_t);
MEMBER(execlet_abi_request, kill_grace_ns, 152, uint64_t);
MEMBER(execlet_abi_request, network, 160, execlet_abi_str);
MEMBER(execlet_abi_request, metadata_json, 176, execlet_abi_str);
MEMBER(execlet_abi_request, output_wanted, 192, uint64_t);
MEMBER(execlet_abi_request, collect_max_bytes, 200, uint64_t);

GROWS(execlet_abi_result, 56);
MEMBER(execlet_abi_result, struct_size, 0, uint32_t);
MEMBER(execlet_abi_result, flags, 4, uint32_t);
MEMBER(execlet_abi_result, outcome, 8, execlet_abi_outcome);
MEMBER(execlet_abi_result, exit_code, 12, int32_t);
MEMBER(execlet_abi_result, term_signal, 16, int32_t);
MEMBER(execlet_abi_result, limits_hit, 20, uint32_t);
MEMBER(execlet_abi_result, wall_ns, 24, uint64_t);
MEMBER(execlet_abi_result, cpu_user_ns, 32, uint64_t);
MEMBER(execlet_abi_result, cpu_system_ns, 40, uint64_t);
MEMBER(execlet_abi_result, peak_memory_bytes, 48, uint64_t);

GROWS(execlet_abi_executor_config, 56);
MEMBER(execlet_abi_executor_config, struct_size, 0, uint32_t);
MEMBER(execlet_abi_executor_config, reserved, 4, uint32_t);
MEMBER(execlet_abi_executor_config, name, 8, execlet_abi_str);
MEMBER(execlet_abi_executor_config, options_json, 24, execlet_abi_str);
MEMBER(execlet_abi_executor_config, base_dir, 40, execlet_abi_str);

GROWS(execlet_abi_instance_options, 48);
MEMBER(execlet_abi_instance_options, struct_size, 0, uint32_t);
MEMBER(execlet_abi_instance_options, flags, 4, uint32_t);
MEMBER(execlet_abi_instance_options, name, 8, execlet_abi_str);
MEMBER(execlet_abi_instance_options, limits, 24, const execlet_abi_limits *);
MEMBER(execlet_abi_instance_options, network, 32, execlet_abi_str);

GROWS(execlet_abi_plugin, 128);
MEMBER(execlet_abi_plugin, struct_size, 0, uint32_t);
MEMBER(execlet_abi_plugin, abi_minor, 4, uint32_t);
MEMBER(execlet_abi_plugin, name, 8, const char *);
MEMBER(execlet_abi_plugin, version, 16, const char *);
MEMBER(execlet_abi_plugin, manifest_json, 24, const char *);
MEMBER(execlet_abi_plugin, init, 32, execlet_abi_status (*)(const execlet_abi_host *host, execlet_abi_error *error));
MEMBER(execlet_abi_plugin, deinit, 40, void (*)(void));
MEMBER(execlet_abi_plugin, executor_create, 48,
       execlet_abi_status (*)(const execlet_abi_host *host, const execlet_abi_executor_config *config,
                              execlet_abi_executor **out, execlet_abi_error *error));
MEMBER(execlet_abi_plugin, executor_destroy, 56, void (*)(execlet_abi_executor *executor));
MEMBER(execlet_abi_plugin, executor_describe, 64,
       execlet_abi_status (*)(execlet_abi_executor *executor, const execlet_abi_call *call, execlet_abi_text_sink sink,
                              void *sink_ctx, execlet_abi_error *error));
MEMBER(execlet_abi_plugin, executor_health, 72,
       execlet_abi_status (*)(execlet_abi_executor *executor, const execlet_abi_call *call, execlet_abi_error *error));
MEMBER(execlet_abi_plugin, instance_open, 80,
       execlet_abi_status (*)(execlet_abi_executor *executor, const execlet_abi_call *call,
                              const execlet_abi_instance_options *options, execlet_abi_instance **out,
                              execlet_abi_error *error));
MEMBER(execlet_abi_plugin, instance_run, 88,
       execlet_abi_status (*)(execlet_abi_instance *instance, const execlet_abi_call *call,
                              const execlet_abi_request *request, execlet_abi_result *result,
                              execlet_abi_error *error));
MEMBER(execlet_abi_plugin, instance_reset, 96,
       execlet_abi_status (*)(execlet_abi_instance *instance, const execlet_abi_call *call, execlet_abi_error *error));
MEMBER(execlet_abi_plugin, instance_close, 104,
       execlet_abi_status (*)(execlet_abi_instance *instance, const execlet_abi_call *call, execlet_abi_error *error));
MEMBER(execlet_abi_plugin, instance_cancel, 112, void (*)(execlet_abi_instance *instance, execlet_abi_cancel mode));
MEMBER(execlet_abi_plugin, get_extension, 120, const void *(*)(const char *id));

GROWS(execlet_abi_inspect, 16);
MEMBER(execlet_abi_inspect, struct_size, 0, uint32_t);
MEMBER(execlet_abi_inspect, executor_inspect, 8,
       execlet_abi_status (*)(execlet_abi_executor *executor, const execlet_abi_call *call, execlet_abi_text_sink sink,
                              void *sink_ctx, execlet_abi_error *error));

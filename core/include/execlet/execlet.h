/* SPDX-License-Identifier: Apache-2.0
 *
 * execlet's C API for hosts: open a runtime, get an executor by name, run code, read the result.
 *
 * Conventions
 *  1. Handles are opaque; every `…_free`/`…_close` accepts NULL. Free executors, executions and results before or
 *     after their runtime is closed: a closed runtime makes their calls fail with EXECLET_UNAVAILABLE, never crash. A
 *     handle is freed once; no other call may use it then or later.
 *  2. Text that a function returns belongs to the handle it was asked of and lives as long as it, unless the comment
 *     says otherwise. It ends with a NUL and is never NULL unless the comment says so. Text and bytes passed in are
 *     copied before the function returns; text is UTF-8 where it is a name, and bytes that are not are an error or are
 *     replaced, never a crash.
 *  3. A function that can fail before any code runs returns an execlet_status and, if `error` is not NULL and the
 *     status is not EXECLET_OK, a new execlet_error there, which the caller frees. `*out` is NULL then.
 *  4. What happens once a request was accepted is never an error of the call: it is the status of a result.
 *  5. Every function may be called on any thread; calls on one request or one result must not overlap. The library
 *     starts no thread before it needs one, never forks, changes no signal handler and never writes to stdout or
 *     stderr.
 *  6. Times are seconds as double unless named `_ms` or `_ns`. Sizes are bytes.
 *  7. A struct passed in begins with `struct_size`; initialise it with its _INIT macro. Where it is too small to be one
 *     the call fails with "argument.struct-size".
 *  8. A handle, `out` or text that must not be NULL and is: EXECLET_INVALID_REQUEST, "argument.null"; functions without
 *     a status do nothing, or return what is neutral: "", 0, NULL for an execlet_text, a result of that status. A
 *     request that was given a NULL with a size remembers it and does not run.
 *  9. In a child of fork(), handles of the parent are dead: calls on them fail with EXECLET_UNAVAILABLE,
 *     "runtime.forked", freeing them does nothing, and nothing waits. The child opens a runtime of its own. Requests,
 *     results, errors and texts stay readable. docs/threading.md says more.
 */
#ifndef EXECLET_EXECLET_H
#define EXECLET_EXECLET_H

#include <stddef.h>
#include <stdint.h>

#if defined(EXECLET_BUILDING_CORE)
#define EXECLET_API __attribute__((visibility("default")))
#else
#define EXECLET_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define EXECLET_VERSION_MAJOR 0
#define EXECLET_VERSION_MINOR 1
#define EXECLET_VERSION_PATCH 0

/* Why a run ended, or why it never began. docs/errors.md has the table of how each comes about. */
typedef int32_t execlet_status;
#define EXECLET_OK 0
#define EXECLET_FAILED 1
#define EXECLET_SIGNALED 2
#define EXECLET_TIMED_OUT 3
#define EXECLET_RESOURCE_EXHAUSTED 4
#define EXECLET_CANCELLED 5
#define EXECLET_LANGUAGE_NOT_SUPPORTED 6
#define EXECLET_REJECTED 7
#define EXECLET_INVALID_REQUEST 8
#define EXECLET_UNAVAILABLE 9
#define EXECLET_INTERNAL_ERROR 10

typedef struct execlet_error execlet_error;
typedef struct execlet_runtime execlet_runtime;
typedef struct execlet_executor execlet_executor;
typedef struct execlet_request execlet_request;
typedef struct execlet_execution execlet_execution;
typedef struct execlet_result execlet_result;
typedef struct execlet_text execlet_text; /* an owned string */

/* Of the library that is loaded, "0.1.0". Static. */
EXECLET_API const char *execlet_version(void);
/* "ok", "failed", … ; "unknown" for other numbers. Static. */
EXECLET_API const char *execlet_status_name(execlet_status status);

/* ---- errors and text ------------------------------------------------------------------------------------------ */

/* What an error says; its texts live as long as it. Of NULL: EXECLET_OK, "", "", "{}". */
EXECLET_API execlet_status execlet_error_status(const execlet_error *error);
EXECLET_API const char *execlet_error_reason(const execlet_error *error);  /* dotted word: "config.unknown-key" */
EXECLET_API const char *execlet_error_message(const execlet_error *error); /* one line for people */
EXECLET_API const char *execlet_error_details(const execlet_error *error); /* JSON object, "{}" if none */
EXECLET_API void execlet_error_free(execlet_error *error);

/* The bytes, NUL-terminated, and how many without the NUL; they live as long as `text`. Of NULL: "" and 0. */
EXECLET_API const char *execlet_text_data(const execlet_text *text);
EXECLET_API size_t execlet_text_size(const execlet_text *text);
EXECLET_API void execlet_text_free(execlet_text *text);

/* ---- runtime -------------------------------------------------------------------------------------------------- */

#define EXECLET_LOG_TRACE 0
#define EXECLET_LOG_DEBUG 1
#define EXECLET_LOG_INFO 2
#define EXECLET_LOG_WARN 3
#define EXECLET_LOG_ERROR 4
#define EXECLET_LOG_OFF 5

typedef struct execlet_runtime_options {
  uint32_t struct_size;
  uint32_t log_level; /* EXECLET_LOG_…: the least that reaches `log` */
  /* Exactly one source of configuration: a file, a JSON text, or (both NULL) the search described in docs/config.md. */
  const char *config_path;
  const char *config_json;
  /* Searched before all other plugin directories. */
  const char *const *plugin_dirs;
  size_t plugin_dir_count;
  /* Log lines of the core and of plugins, borrowed for the call. Called on any thread, possibly several at once; must
   * not close the runtime. Not called any more once execlet_runtime_close has returned. NULL = no log. */
  void (*log)(void *log_ctx, int32_t level, const char *component, const char *message);
  void *log_ctx;
} execlet_runtime_options;
#define EXECLET_RUNTIME_OPTIONS_INIT \
  { sizeof(execlet_runtime_options), EXECLET_LOG_WARN, NULL, NULL, NULL, 0, NULL, NULL }

/* Reads the configuration; loads no plugin. `options` NULL = all defaults; it is not kept. The caller closes `*out`.
 * Fails with EXECLET_INVALID_REQUEST for a configuration that is wrong ("config.…" with its place) or an argument. */
EXECLET_API execlet_status execlet_runtime_open(const execlet_runtime_options *options, execlet_runtime **out,
                                                execlet_error **error);
/* Cancels what runs, waits for its end at most kill grace + 2 s, and at most 4 s more for all that is being closed. A
 * thread that a plugin does not return from is logged and left behind. Once, on any thread but one that is in a
 * callback of this runtime. Its executors, executions and results stay valid: see 1. */
EXECLET_API void execlet_runtime_close(execlet_runtime *runtime);
/* Looks for plugins again. An unknown backend name does that by itself. Problems of a plugin are in `plugins_json`. */
EXECLET_API void execlet_runtime_rescan(execlet_runtime *runtime);

/* What happened since the runtime was opened. Each number is right by itself; together they are of about one moment. */
typedef struct execlet_counters {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t begun;            /* requests given to execute and submit, also those that were refused */
  uint64_t ended[16];        /* how many of them have ended, by execlet_status; the others wait or run */
  uint64_t instances_opened; /* in all */
  uint64_t instances_open;   /* now, idle ones included */
  uint64_t output_bytes;     /* of stdout and stderr of those that ended, kept or not */
  uint64_t events_dropped;   /* events that a plugin emitted after its execution had been given up */
} execlet_counters;
#define EXECLET_COUNTERS_INIT \
  { sizeof(execlet_counters), 0, 0, {0}, 0, 0, 0, 0 }
/* Fills `*counters` as far as its struct_size goes; leaves it as it is for a handle that cannot be used. Cheap enough
 * to be asked often; never waits for a run. */
EXECLET_API void execlet_runtime_counters(const execlet_runtime *runtime, execlet_counters *counters);

/* The configuration file in force, absolute; "" if there is none. Lives as long as the runtime. */
EXECLET_API const char *execlet_runtime_config_path(const execlet_runtime *runtime);

/* JSON about the runtime; the caller frees the text, which is NULL only if memory ran out or the handle cannot be used.
 * Formats: docs/json.md. `plugins`: every directory searched and every candidate with why it was taken or not, without
 * loading any. `plugin`: one in full, manifest and options; EXECLET_UNAVAILABLE if there is none of that name.
 * `config`: as in force, secrets hidden. `sessions`: those that have an instance or are in use, of all executors; never
 * waits for a run. */
EXECLET_API execlet_text *execlet_runtime_plugins_json(execlet_runtime *runtime);
EXECLET_API execlet_status execlet_runtime_plugin_json(execlet_runtime *runtime, const char *name, execlet_text **out,
                                                       execlet_error **error);
EXECLET_API execlet_text *execlet_runtime_config_json(execlet_runtime *runtime);
EXECLET_API execlet_text *execlet_runtime_sessions_json(execlet_runtime *runtime);
/* All that is wrong with one plugin file at once, as JSON; the caller frees the text. Nothing of its code runs in this
 * process; where that is not dangerous it is loaded on trial in another one, which takes at most 5 s. */
EXECLET_API execlet_text *execlet_plugin_verify_json(const char *file);
/* Where this installation is: the library in use and its helper programs, as JSON (docs/json.md). Starts none of them.
 * The caller frees the text. */
EXECLET_API execlet_text *execlet_installation_json(void);
/* Validates every executor's options against its plugin's schema: EXECLET_OK or the first problem, with its place
 * ("config.…", or the plugin's own reason). Loads the plugins, which have the last word; opens no instance. */
EXECLET_API execlet_status execlet_runtime_check_config(execlet_runtime *runtime, execlet_error **error);
/* The JSON Schema of the configuration file. The caller frees the text. */
EXECLET_API execlet_text *execlet_config_schema_json(void);

/* ---- executors ------------------------------------------------------------------------------------------------ */

/* `name` NULL or "" = the configuration's default executor. Loads the plugin and checks the options. The caller frees
 * `*out`; several handles of one name share one executor. EXECLET_INVALID_REQUEST for an unknown name or bad options,
 * EXECLET_UNAVAILABLE for a plugin that is missing or cannot be used. May take seconds where a plugin is tried for the
 * first time. */
EXECLET_API execlet_status execlet_runtime_executor(execlet_runtime *runtime, const char *name, execlet_executor **out,
                                                    execlet_error **error);
/* An executor that is not in the configuration. `executor_json` has the form of a value under "executors":
 * {"backend": "local", "options": {…}}. Relative paths are relative to the working directory of this moment. Ownership
 * and errors as above; each call makes an executor of its own. */
EXECLET_API execlet_status execlet_runtime_executor_from_json(execlet_runtime *runtime, const char *name,
                                                              const char *executor_json, execlet_executor **out,
                                                              execlet_error **error);
/* The names of the executor and of its backend; they live as long as the handle. */
EXECLET_API const char *execlet_executor_name(const execlet_executor *executor);
EXECLET_API const char *execlet_executor_backend(const execlet_executor *executor);
/* Opens an instance ahead of its first use, or `pool.min_idle` of them. Executing does that by itself. Waits for at
 * most `startup_timeout`; EXECLET_UNAVAILABLE if one cannot be had; those that could be opened stay. */
EXECLET_API execlet_status execlet_executor_start(execlet_executor *executor, execlet_error **error);
/* Cancels this executor's runs, waits for them at most kill grace + 2 s, and closes its instances, those of sessions
 * too. It can be used again. EXECLET_INTERNAL_ERROR, "plugin.stuck", if the plugin did not end everything in time. Not
 * in a callback. `restart` is stop and start. */
EXECLET_API execlet_status execlet_executor_stop(execlet_executor *executor, execlet_error **error);
EXECLET_API execlet_status execlet_executor_restart(execlet_executor *executor, execlet_error **error);
/* Opens a session ahead of its first use, which opens it by itself: an instance that is held until it is closed, idle
 * for `session.idle_timeout`, or older than `session.max_lifetime`. Requests run in it that name its id
 * (execlet_request_set_session), one after the other in the order they were given. `name` NULL or "" = an anonymous
 * one.
 * `*id`, which the caller frees, is the name, or what an anonymous one is called. A session that is there already is
 * left as it is. Waits for at most `startup_timeout`. EXECLET_INVALID_REQUEST, "session.name" or "session.foreign", for
 * a name that cannot be one or belongs to another executor; EXECLET_UNAVAILABLE, "session.busy", where there are as
 * many as there may be, and while the executor is being stopped or closed. */
EXECLET_API execlet_status execlet_executor_open_session(execlet_executor *executor, const char *name,
                                                         execlet_text **id, execlet_error **error);
/* Cancels what runs in the session or waits for it ("session.closed"), waits for that at most kill grace + 2 s, and
 * closes its instance. The name is free then. EXECLET_INVALID_REQUEST, "session.unknown", if there is none;
 * EXECLET_INTERNAL_ERROR, "plugin.stuck", if it did not end in time. Not in a callback of a run in it. */
EXECLET_API execlet_status execlet_executor_close_session(execlet_executor *executor, const char *id,
                                                          execlet_error **error);
/* What is quick to tell about it, as JSON (docs/facts.md of the SDK): languages, their extensions and names, whether
 * their programs are there. Starts nothing. The caller frees the text. */
EXECLET_API execlet_status execlet_executor_describe_json(execlet_executor *executor, execlet_text **out,
                                                          execlet_error **error);
/* The same and more: versions of the programs, how each limit is enforced here. Starts programs or connections and ends
 * them again; takes up to 20 seconds. The caller frees the text. */
EXECLET_API execlet_status execlet_executor_inspect_json(execlet_executor *executor, execlet_text **out,
                                                         execlet_error **error);
/* Gives the handle back. What it runs goes on; one that is not in the configuration ends with its last use. */
EXECLET_API void execlet_executor_free(execlet_executor *executor);

/* ---- requests ------------------------------------------------------------------------------------------------- */

/* A request is only data: setting checks nothing, running checks all and says what is wrong in the result. Everything
 * passed in is copied; setters called again replace, adders add. It may be run any number of times, also by several
 * threads at once while nobody changes it, and freed as soon as the running call has returned. */

/* NULL if memory ran out; the caller frees it. */
EXECLET_API execlet_request *execlet_request_new(void);
EXECLET_API void execlet_request_free(execlet_request *request);
/* Code (bytes; may hold NULs) and language; `language` NULL or "" = the executor's only language. */
EXECLET_API void execlet_request_set_code(execlet_request *request, const char *code, size_t size);
EXECLET_API void execlet_request_set_language(execlet_request *request, const char *language);
/* Adds one block; a request with blocks runs them in order and stops at the first that is not ok. */
EXECLET_API void execlet_request_add_block(execlet_request *request, const char *language, const char *code,
                                           size_t size);
/* A file below the working directory: `path` is relative, with '/', without "..". */
EXECLET_API void execlet_request_add_file(execlet_request *request, const char *path, const void *data, size_t size);
/* The file that is run, instead of code: one of the added files, or one that is already there. */
EXECLET_API void execlet_request_set_entry_point(execlet_request *request, const char *path);
/* Arguments and environment variables of the program; without NULs. */
EXECLET_API void execlet_request_add_arg(execlet_request *request, const char *arg);
EXECLET_API void execlet_request_add_env(execlet_request *request, const char *name, const char *value);
/* All of standard input, any bytes. Without it and without open_stdin it is empty. */
EXECLET_API void execlet_request_set_stdin(execlet_request *request, const void *data, size_t size);
/* Standard input comes later, by execlet_execution_write_stdin. */
EXECLET_API void execlet_request_open_stdin(execlet_request *request);
/* Seconds. Timeout: of user code, per block, from its start, above 0 (default: the executor's, else 60). Kill grace:
 * between SIGTERM and SIGKILL, 0 allowed (default 0.2). Deadline: bounds everything, from the call that runs it. At
 * most 1e7 each. */
EXECLET_API void execlet_request_set_timeout(execlet_request *request, double seconds);
EXECLET_API void execlet_request_set_kill_grace(execlet_request *request, double seconds);
EXECLET_API void execlet_request_set_deadline(execlet_request *request, double seconds);
/* `name` as in configuration ("memory", "cpus", "cpu_time", "pids", "open_files", "file_size", "output", "disk"),
 * `value` as text in the same forms ("512m", "0.5", "30"). Checked when the request runs. */
EXECLET_API void execlet_request_set_limit(execlet_request *request, const char *name, const char *value);
/* Not 0: run although a limit cannot be enforced, and say so in the result, instead of refusing. */
EXECLET_API void execlet_request_set_best_effort(execlet_request *request, int best_effort);
/* NULL or "" = as configured, else "none". */
EXECLET_API void execlet_request_set_network(execlet_request *request, const char *network);
/* The id of a session, which a name of one's own opens; NULL or "" = none, or the executor's "default" where its
 * backend keeps state. */
EXECLET_API void execlet_request_set_session(execlet_request *request, const char *session);
/* A pattern of files to hand back as artifacts, relative to the working directory; knows *, ?, [] and **. */
EXECLET_API void execlet_request_add_collect(execlet_request *request, const char *glob);
/* Artifacts are written into this directory (created) instead of being kept in memory. */
EXECLET_API void execlet_request_set_artifacts_dir(execlet_request *request, const char *path);
/* A JSON object for the backend. */
EXECLET_API void execlet_request_set_metadata(execlet_request *request, const char *json);
/* The whole request from JSON, keys as in docs/json.md; replaces what was set. EXECLET_INVALID_REQUEST, "request.…",
 * with the place; the request is then unchanged. */
EXECLET_API execlet_status execlet_request_from_json(execlet_request *request, const char *json, size_t size,
                                                     execlet_error **error);

/* ---- events --------------------------------------------------------------------------------------------------- */

#define EXECLET_EVENT_STARTED 1
#define EXECLET_EVENT_STDOUT 2
#define EXECLET_EVENT_STDERR 3
#define EXECLET_EVENT_DISPLAY 4
#define EXECLET_EVENT_CLEAR_OUTPUT 5
#define EXECLET_EVENT_USER_ERROR 6
#define EXECLET_EVENT_INPUT_REQUEST 7
#define EXECLET_EVENT_PROGRESS 8
#define EXECLET_EVENT_ARTIFACT 9
#define EXECLET_EVENT_NOTICE 10

/* Borrowed for the duration of the callback. Members that a type does not use are NULL or 0. */
typedef struct execlet_event {
  uint32_t struct_size;
  int32_t type;
  uint64_t block;   /* index of the block it belongs to */
  const char *data; /* STDOUT, STDERR: the bytes; PROGRESS, NOTICE, INPUT_REQUEST, USER_ERROR: text; ARTIFACT: name;
                     * DISPLAY: JSON {"data", "metadata"} */
  size_t size;
  const char *name; /* PROGRESS: stage; NOTICE: code; USER_ERROR: exception name; ARTIFACT: mime */
  /* PROGRESS; ARTIFACT: total = size; STARTED: total = milliseconds after which it is over at the latest. A callback
   * that waits for somebody else should not wait longer: the run cannot end before it returns. */
  uint64_t current, total;
} execlet_event;

/* Callbacks of one execution are serial, on the thread that runs it. They may cancel it but must not free it. A slow
 * callback slows the program down (its output waits); it never makes memory grow. */
typedef void (*execlet_event_fn)(void *ctx, execlet_execution *execution, const execlet_event *event);

/* One event as a line of JSON without newline, as `execlet run --stream` prints it. The caller frees the text. In the
 * callback that was given the event. */
EXECLET_API execlet_text *execlet_event_json(const execlet_event *event);

/* ---- executions ----------------------------------------------------------------------------------------------- */

/* Runs on the calling thread and returns the result, which the caller frees; never NULL. `on_event` may be NULL.
 * `request` must not change meanwhile. To cancel it from elsewhere use submit, or a deadline. */
EXECLET_API execlet_result *execlet_executor_execute(execlet_executor *executor, const execlet_request *request,
                                                     execlet_event_fn on_event, void *event_ctx);
/* Runs on a thread of the library: as many at once as there are processors, more when those are blocked, up to 1,024
 * (fewer where the limit of descriptors is low); the others wait in order. `request` is copied.
 * The caller frees the execution; NULL only if memory ran out. A request that is refused is an execution that has
 * ended.
 */
EXECLET_API execlet_execution *execlet_executor_submit(execlet_executor *executor, const execlet_request *request,
                                                       execlet_event_fn on_event, void *event_ctx);
/* Waits at most `seconds` (negative = until the end). Returns 1 if it has ended. Not in its own callback. */
EXECLET_API int execlet_execution_wait(execlet_execution *execution, double seconds);
/* At any phase, any number of times, on any thread; returns at once; no effect after the end. */
EXECLET_API void execlet_execution_cancel(execlet_execution *execution);
/* Unique in this process; lives as long as the execution. "" if it was refused for an argument. */
EXECLET_API const char *execlet_execution_id(const execlet_execution *execution);
/* Standard input after execlet_request_open_stdin: copies all of `data` or waits until the program took enough. Returns
 * EXECLET_OK, or EXECLET_CANCELLED if the execution ended. `close` != 0 ends the input. One thread at a time; in a
 * callback at most 256 KiB. */
EXECLET_API execlet_status execlet_execution_write_stdin(execlet_execution *execution, const void *data, size_t size,
                                                         int close);
/* Waits for the end; never NULL; the result belongs to the execution. Not in its own callback. */
EXECLET_API const execlet_result *execlet_execution_result(execlet_execution *execution);
/* Cancels it if it still runs, and waits for its end. Not in its own callback, where it would wait for itself. */
EXECLET_API void execlet_execution_free(execlet_execution *execution);

/* ---- results -------------------------------------------------------------------------------------------------- */

/* A result is complete and does not change. Everything read from it lives as long as it; indices count from 0, and one
 * that is not there gives NULL or 0. Of NULL every function reads EXECLET_INVALID_REQUEST, "argument.null". */

/* Only what execlet_executor_execute returned; not the result of an execution, not a block. */
EXECLET_API void execlet_result_free(execlet_result *result);
EXECLET_API execlet_status execlet_result_status(const execlet_result *result);
EXECLET_API const char *execlet_result_output(const execlet_result *result, size_t *size); /* retained stdout */
EXECLET_API const char *execlet_result_error(const execlet_result *result, size_t *size);  /* retained stderr */
/* 1 and the code if the program exited by itself, else 0. */
EXECLET_API int execlet_result_exit_code(const execlet_result *result, int *exit_code);
EXECLET_API int execlet_result_signal(const execlet_result *result); /* 0 = none */
/* "" if the status is ok or failed by the program's own exit. */
EXECLET_API const char *execlet_result_failure_reason(const execlet_result *result);
EXECLET_API const char *execlet_result_failure_message(const execlet_result *result);
EXECLET_API const char *execlet_result_failure_details(const execlet_result *result); /* JSON object, "{}" if none */
/* 1 = the same request may succeed later; 1 = user code had begun. */
EXECLET_API int execlet_result_failure_retryable(const execlet_result *result);
EXECLET_API int execlet_result_failure_started(const execlet_result *result);
/* Who ran it. */
EXECLET_API const char *execlet_result_execution_id(const execlet_result *result);
EXECLET_API const char *execlet_result_executor(const execlet_result *result);
EXECLET_API const char *execlet_result_backend(const execlet_result *result);
/* The session it ran in; "" if it ran in none. */
EXECLET_API const char *execlet_result_session(const execlet_result *result);
/* 1 = what earlier runs left in its session was gone when it began, or is gone with it. */
EXECLET_API int execlet_result_state_lost(const execlet_result *result);
/* 1 = taken from a cache, not run. */
EXECLET_API int execlet_result_cached(const execlet_result *result);
/* What the CLI returns for this result: the program's own code, 124, 125, 128+N, 130 or 137. */
EXECLET_API int execlet_result_cli_exit_code(const execlet_result *result);
/* Results of the blocks that ran; 0 for a request without blocks. The block belongs to `result`. */
EXECLET_API size_t execlet_result_block_count(const execlet_result *result);
EXECLET_API const execlet_result *execlet_result_block(const execlet_result *result, size_t index);
/* Files that were handed back; the name is the path relative to the working directory, the size is in bytes. */
EXECLET_API size_t execlet_result_artifact_count(const execlet_result *result);
EXECLET_API const char *execlet_result_artifact_name(const execlet_result *result, size_t index);
/* Bytes kept in memory, or NULL when the artifact was written to a directory. */
EXECLET_API const char *execlet_result_artifact_data(const execlet_result *result, size_t index, size_t *size);
EXECLET_API const char *execlet_result_artifact_path(const execlet_result *result, size_t index); /* or NULL */
EXECLET_API const char *execlet_result_artifact_mime(const execlet_result *result, size_t index);
EXECLET_API uint64_t execlet_result_artifact_size(const execlet_result *result, size_t index);

/* What the run used; 0 where the backend does not know. */
typedef struct execlet_usage {
  uint32_t struct_size;
  uint32_t reserved;
  double wall_ms; /* of user code */
  double cpu_user_ms;
  double cpu_system_ms;
  uint64_t peak_memory_bytes;
} execlet_usage;
#define EXECLET_USAGE_INIT \
  { sizeof(execlet_usage), 0, 0, 0, 0, 0 }
/* Fills `*usage` as far as its struct_size goes. */
EXECLET_API void execlet_result_usage(const execlet_result *result, execlet_usage *usage);

/* One limit that was in force or asked for. Numbers are bytes, cpus, seconds or a count, as in configuration. */
typedef struct execlet_limit_report {
  uint32_t struct_size;
  int32_t hit;      /* 1 = it ended the run */
  const char *name; /* "memory", "wall_time", … */
  double requested; /* 0 = not asked for */
  double enforced;  /* 0 = not enforced (only with best effort) */
  const char *how;  /* "" if it is not enforced */
} execlet_limit_report;
#define EXECLET_LIMIT_REPORT_INIT \
  { sizeof(execlet_limit_report), 0, NULL, 0, 0, NULL }
EXECLET_API size_t execlet_result_limit_count(const execlet_result *result);
/* 1 and `*report` filled as far as its struct_size goes, or 0 if there is no such index. */
EXECLET_API int execlet_result_limit(const execlet_result *result, size_t index, execlet_limit_report *report);

/* Bytes of stdout (`stream` 1) or stderr (2) that the program wrote and the result does not hold. */
EXECLET_API uint64_t execlet_result_truncated_bytes(const execlet_result *result, int stream);

/* Rich output: each display is a bundle of representations. Data are the bytes themselves, never base64. */
EXECLET_API size_t execlet_result_display_count(const execlet_result *result);
EXECLET_API const char *execlet_result_display_metadata(const execlet_result *result, size_t index); /* JSON object */
EXECLET_API size_t execlet_result_display_part_count(const execlet_result *result, size_t index);
EXECLET_API const char *execlet_result_display_part_mime(const execlet_result *result, size_t index, size_t part);
EXECLET_API const char *execlet_result_display_part_data(const execlet_result *result, size_t index, size_t part,
                                                         size_t *size);

/* Remarks about the run: something was not done as asked, and why. */
EXECLET_API size_t execlet_result_notice_count(const execlet_result *result);
EXECLET_API const char *execlet_result_notice_code(const execlet_result *result, size_t index); /* "staging.moved" */
EXECLET_API const char *execlet_result_notice_text(const execlet_result *result, size_t index);
/* Everything, with the keys of docs/json.md; lives as long as the result. */
EXECLET_API const char *execlet_result_json(const execlet_result *result);

/* ---- Markdown ------------------------------------------------------------------------------------------------- */

/* Appends the fenced code blocks of a Markdown text to `request`, in order; *count = how many. A block's language is
 * the first word of its info string. Of those that are known to be no code (text, json, diff, console, …) and that the
 * executor does not run either, one with a "filename:" line becomes that file and the others are left out, each with a
 * notice; every other language is checked before the first block runs. `count` may be NULL. Fails only for NULL
 * arguments or lack of memory. */
EXECLET_API execlet_status execlet_request_add_markdown(execlet_request *request, const char *markdown, size_t size,
                                                        size_t *count, execlet_error **error);

#ifdef __cplusplus
}
#endif

#endif

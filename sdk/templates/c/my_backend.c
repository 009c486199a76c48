/* SPDX-License-Identifier: Apache-2.0
 *
 * A backend in C11. Its "instance" is only a struct; a real one would be a process, a container, a connection.
 */
#define _POSIX_C_SOURCE 200809L
#include <execlet/plugin.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "execlet_manifest.h" /* made by execlet_add_plugin() from manifest.json */

/* The host's pointers to these are opaque; what is in them is ours. */
struct execlet_abi_executor {
  const execlet_abi_host *host;
  long delay_ms;
};

struct execlet_abi_instance {
  execlet_abi_executor *executor;
};

static execlet_abi_str str(const char *text) {
  const execlet_abi_str out = {text, strlen(text)};
  return out;
}

/* Why a call did not return OK: what was wanted, what was found, what to do. */
static execlet_abi_status fail(const execlet_abi_host *host, execlet_abi_error *error, execlet_abi_status status,
                               const char *reason, const char *message) {
  host->error_set(error, str(reason), str(message), str("{}"));
  return status;
}

/* ---- executor: one configured use of this backend --------------------------------------------------------------- */

/* The host has checked the options against the manifest's schema, so only the value is left to be found. A backend with
 * more than numbers uses a JSON library here. Text from the host is not NUL-terminated. */
static long read_delay(execlet_abi_str options) {
  static const char key[] = "\"delay_ms\":";
  long value = 0;
  char *copy = malloc((size_t)options.size + 1);
  if (copy == NULL) return 0;
  memcpy(copy, options.data, (size_t)options.size);
  copy[options.size] = '\0';
  const char *found = strstr(copy, key);
  if (found != NULL) value = strtol(found + strlen(key), NULL, 10);
  free(copy);
  return value;
}

static execlet_abi_status executor_create(const execlet_abi_host *host, const execlet_abi_executor_config *config,
                                          execlet_abi_executor **out, execlet_abi_error *error) {
  execlet_abi_executor *executor = calloc(1, sizeof *executor);
  if (executor == NULL)
    return fail(host, error, EXECLET_ABI_RESOURCE_EXHAUSTED, "my-c-backend.memory", "out of memory");
  executor->host = host;
  executor->delay_ms = config->options_json.size == 0 ? 0 : read_delay(config->options_json);
  *out = executor;
  return EXECLET_ABI_OK;
}

static void executor_destroy(execlet_abi_executor *executor) {
  free(executor);
}

/* ---- instance: a place that runs one request at a time ---------------------------------------------------------- */

static execlet_abi_status instance_open(execlet_abi_executor *executor, const execlet_abi_call *call,
                                        const execlet_abi_instance_options *options, execlet_abi_instance **out,
                                        execlet_abi_error *error) {
  (void)call; /* a start that takes long emits PROGRESS events and watches call->wake_fd as `pause_for` does */
  (void)options;
  execlet_abi_instance *instance = calloc(1, sizeof *instance);
  if (instance == NULL)
    return fail(executor->host, error, EXECLET_ABI_RESOURCE_EXHAUSTED, "my-c-backend.memory", "out of memory");
  instance->executor = executor;
  *out = instance;
  return EXECLET_ABI_OK;
}

static execlet_abi_status instance_reset(execlet_abi_instance *instance, const execlet_abi_call *call,
                                         execlet_abi_error *error) {
  (void)instance; /* nothing of a run is kept, so there is nothing to undo */
  (void)call;
  (void)error;
  return EXECLET_ABI_OK;
}

static execlet_abi_status instance_close(execlet_abi_instance *instance, const execlet_abi_call *call,
                                         execlet_abi_error *error) {
  (void)call;
  (void)error;
  free(instance);
  return EXECLET_ABI_OK;
}

/* ---- a run ------------------------------------------------------------------------------------------------------ */

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits, but not a moment longer than the caller wants the run to go on. Returns 0 if it should stop. The same wake_fd
 * goes into the poll of whatever a real backend waits for: a pipe, a socket, a pidfd. */
static int pause_for(const execlet_abi_call *call, long delay_ms) {
  const int64_t end = now_ns() + delay_ms * 1000000;
  for (;;) {
    if (call->cancelled(call->ctx) != EXECLET_ABI_CANCEL_NONE) return 0;
    const int64_t left = end - now_ns();
    if (left <= 0) return 1;
    struct pollfd wake = {call->wake_fd, POLLIN, 0};
    poll(&wake, 1, (int)(left / 1000000 + 1));
  }
}

static execlet_abi_status emit_output(const execlet_abi_call *call, const char *data, size_t size) {
  execlet_abi_output_event event = {0};
  event.head.struct_size = sizeof event;
  event.head.type = EXECLET_ABI_EVENT_OUTPUT;
  event.stream = 1;
  event.data.data = data;
  event.data.size = size;
  return call->emit(call->ctx, &event.head);
}

static execlet_abi_status instance_run(execlet_abi_instance *instance, const execlet_abi_call *call,
                                       const execlet_abi_request *request, execlet_abi_result *result,
                                       execlet_abi_error *error) {
  const execlet_abi_host *host = instance->executor->host;
  /* The manifest names no limit, so the host lets none through but with "best_effort"; what it does not know of is ours
   * to refuse. */
  if (request->code.size == 0)
    return fail(host, error, EXECLET_ABI_INVALID_ARGUMENT, "my-c-backend.no-code",
                "this backend runs code, not files; pass the text itself");

  execlet_abi_event started = {0};
  started.struct_size = sizeof started;
  started.type = EXECLET_ABI_EVENT_STARTED;
  if (call->emit(call->ctx, &started) != EXECLET_ABI_OK) return EXECLET_ABI_CANCELLED;

  /* From here on user code has begun: how it ends is an outcome, and the status of the call is OK. */
  result->outcome = EXECLET_ABI_OUTCOME_EXITED;
  const char *at = request->code.data;
  const char *end = at + request->code.size;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *next = newline == NULL ? end : newline + 1;
    if (!pause_for(call, instance->executor->delay_ms) ||
        emit_output(call, at, (size_t)(next - at)) != EXECLET_ABI_OK) {
      result->outcome = EXECLET_ABI_OUTCOME_CANCELLED;
      break;
    }
    at = next;
  }
  return EXECLET_ABI_OK;
}

/* ---- what the host sees ----------------------------------------------------------------------------------------- */

static const execlet_abi_plugin plugin = {
    .struct_size = sizeof(execlet_abi_plugin),
    .abi_minor = EXECLET_ABI_MINOR,
    .name = "my-c-backend",
    .version = "0.1.0",
    .manifest_json = execlet_manifest,
    .executor_create = executor_create,
    .executor_destroy = executor_destroy,
    .instance_open = instance_open,
    .instance_run = instance_run,
    .instance_reset = instance_reset,
    .instance_close = instance_close,
};

EXECLET_ABI_EXPORT execlet_abi_status execlet_plugin_entry_v1(uint32_t host_minor, const execlet_abi_plugin **out);

execlet_abi_status execlet_plugin_entry_v1(uint32_t host_minor, const execlet_abi_plugin **out) {
  (void)host_minor; /* a plugin that needs a later host says so in its manifest (abi.min_minor) */
  *out = &plugin;
  return EXECLET_ABI_OK;
}

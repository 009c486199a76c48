/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host offers to plugins. A plugin imports no symbol; it receives this table.
 */
#ifndef EXECLET_ABI_HOST_H
#define EXECLET_ABI_HOST_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opaque, host-allocated, valid during the call that passes it. */
typedef struct execlet_abi_error execlet_abi_error;

typedef int32_t execlet_abi_log_level;
#define EXECLET_ABI_LOG_TRACE 0
#define EXECLET_ABI_LOG_DEBUG 1
#define EXECLET_ABI_LOG_INFO 2
#define EXECLET_ABI_LOG_WARN 3
#define EXECLET_ABI_LOG_ERROR 4

/*
 * Host-owned; the one passed to executor_create is valid until executor_destroy returns, the one passed to init until
 * deinit returns. Every function is [any-thread] and never blocks on user code.
 */
typedef struct execlet_abi_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void *ctx;

  int32_t (*log_enabled)(void *ctx, execlet_abi_log_level level);
  /* One line, without a newline. */
  void (*log)(void *ctx, execlet_abi_log_level level, execlet_abi_str component, execlet_abi_str message);

  /* Says why a call did not return OK, or (with OK) more about the outcome. `reason` is a stable dotted word
   * ("local.program-missing"); `message` one line for people: what was wanted, what was found, where, what to do;
   * `details_json` an object or empty. The last call wins. Text is copied. */
  void (*error_set)(execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message,
                    execlet_abi_str details_json);

  /* Writes the NUL-terminated path of a helper program of this installation ("execlet-runner-x86_64") into `buffer`.
   * NOT_FOUND with the paths tried in `error`; RESOURCE_EXHAUSTED if `capacity` is too small (PATH_MAX suffices). */
  execlet_abi_status (*helper_path)(void *ctx, execlet_abi_str name, char *buffer, uint64_t capacity,
                                    execlet_abi_error *error);

  /* A host service by id "execlet.host.<name>/<rev>", or NULL. None is defined in 1.0. */
  const void *(*get_extension)(void *ctx, const char *id);
} execlet_abi_host;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs (request) and how it ended (result).
 */
#ifndef EXECLET_ABI_REQUEST_H
#define EXECLET_ABI_REQUEST_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file to be present in the working directory. `path` is relative, normalised, without "." or "..". */
typedef struct execlet_abi_file {
  uint32_t struct_size;
  uint32_t mode; /* permission bits; 0 = 0644 */
  execlet_abi_str path;
  execlet_abi_str data;
} execlet_abi_file;

/* Limits asked for; 0 = not limited. Units as in execlet_abi_limit. */
typedef struct execlet_abi_limits {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t memory;
  uint64_t cpus;
  uint64_t cpu_time;
  uint64_t pids;
  uint64_t open_files;
  uint64_t file_size;
  uint64_t output;
  uint64_t disk;
} execlet_abi_limits;

#define EXECLET_ABI_REQUEST_HAS_INPUT 1u   /* standard input comes through call->read_input; else it is empty */
#define EXECLET_ABI_REQUEST_BEST_EFFORT 2u /* run although a limit cannot be enforced, and say so by a LIMIT event */

/*
 * One piece of code. Either `code` or `entry_point` (the path of one of `files`, or of a file that is already in the
 * working directory) is set. `language` is canonical ("python", "javascript"). `env` entries are "NAME=VALUE".
 */
typedef struct execlet_abi_request {
  uint32_t struct_size;
  uint32_t flags;
  execlet_abi_str execution_id;
  execlet_abi_str language;
  execlet_abi_str code;
  execlet_abi_str entry_point;
  const execlet_abi_file *const *files;
  uint64_t file_count;
  const execlet_abi_str *args;
  uint64_t arg_count;
  const execlet_abi_str *env;
  uint64_t env_count;
  const execlet_abi_str *collect; /* globs, relative to the working directory */
  uint64_t collect_count;
  const execlet_abi_limits *limits;
  uint64_t timeout_ns;     /* wall time of user code; always set */
  uint64_t kill_grace_ns;  /* between TERM and KILL; 0 = none */
  execlet_abi_str network; /* "" = as configured, else "none" */
  execlet_abi_str metadata_json;
  /* How much of each output stream the host looks at; 0 = all. Of what comes after these bytes it only keeps count: a
   * plugin may tell how much it was by OUTPUT_SKIPPED events instead of handing it over. */
  uint64_t output_wanted;
  /* How many bytes of collected files the host takes, all together; 0 = any number (they go to a directory). What does
   * not fit is left out with a notice. */
  uint64_t collect_max_bytes;
} execlet_abi_request;

typedef int32_t execlet_abi_outcome;
#define EXECLET_ABI_OUTCOME_NONE 0      /* user code did not start; only with a status other than OK */
#define EXECLET_ABI_OUTCOME_EXITED 1    /* exit_code is valid */
#define EXECLET_ABI_OUTCOME_SIGNALED 2  /* by a signal that we did not send; term_signal is valid */
#define EXECLET_ABI_OUTCOME_RAISED 3    /* an uncaught exception in a kernel; the kernel lives */
#define EXECLET_ABI_OUTCOME_DIED 4      /* the kernel died under it; the host reports state as lost */
#define EXECLET_ABI_OUTCOME_TIMED_OUT 5 /* timeout_ns passed; the plugin stopped it */
/* A counter rose and it did not succeed; see limits_hit. An exit_code other than 0 says that it ended by itself after
 * that, a term_signal what killed it. */
#define EXECLET_ABI_OUTCOME_LIMIT 6
#define EXECLET_ABI_OUTCOME_CANCELLED 7 /* the plugin stopped it because the call context asked to */

#define EXECLET_ABI_RESULT_STATE_LOST 1u /* state that earlier runs left in this instance is gone */
#define EXECLET_ABI_RESULT_POISONED 2u   /* the host must not use this instance again */

/* Host-allocated and zeroed, with struct_size set; the plugin fills what it knows. */
typedef struct execlet_abi_result {
  uint32_t struct_size;
  uint32_t flags;
  execlet_abi_outcome outcome;
  int32_t exit_code;
  int32_t term_signal;
  uint32_t limits_hit; /* bit set of (1u << execlet_abi_limit) */
  uint64_t wall_ns;    /* of user code */
  uint64_t cpu_user_ns;
  uint64_t cpu_system_ns;
  uint64_t peak_memory_bytes; /* 0 = unknown */
} execlet_abi_result;

#ifdef __cplusplus
}
#endif

#endif

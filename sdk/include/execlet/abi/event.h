/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin tells the host while a call runs: one `emit` with a typed event.
 *
 * A new kind of event needs no new function: a host skips types that it does not know. All memory of an event
 * is borrowed for the duration of `emit`.
 */
#ifndef EXECLET_ABI_EVENT_H
#define EXECLET_ABI_EVENT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t execlet_abi_event_type;
/* execlet_abi_event: user code begins now; the wall-time limit counts from here. Also where the backend was lost and
 * may have begun it. */
#define EXECLET_ABI_EVENT_STARTED 1
#define EXECLET_ABI_EVENT_OUTPUT 2        /* execlet_abi_output_event */
#define EXECLET_ABI_EVENT_DISPLAY 3       /* execlet_abi_display_event */
#define EXECLET_ABI_EVENT_CLEAR_OUTPUT 4  /* execlet_abi_event */
#define EXECLET_ABI_EVENT_USER_ERROR 5    /* execlet_abi_user_error_event */
#define EXECLET_ABI_EVENT_INPUT_REQUEST 6 /* execlet_abi_notice_event: text = prompt */
#define EXECLET_ABI_EVENT_PROGRESS 7      /* execlet_abi_progress_event */
/* execlet_abi_limit_event: one per limit that was asked for, before STARTED */
#define EXECLET_ABI_EVENT_LIMIT 8
#define EXECLET_ABI_EVENT_ARTIFACT 9 /* execlet_abi_artifact_event */
/* execlet_abi_notice_event: a remark that belongs into the result */
#define EXECLET_ABI_EVENT_NOTICE 10
#define EXECLET_ABI_EVENT_OUTPUT_SKIPPED 11 /* execlet_abi_output_skipped_event */

#define EXECLET_ABI_CLEAR_WAIT 1u     /* flag of CLEAR_OUTPUT: only when the next output comes */
#define EXECLET_ABI_INPUT_PASSWORD 1u /* flag of INPUT_REQUEST: what is typed is not shown */

/* The head of every event, inside it by value. Frozen: never grows. */
typedef struct execlet_abi_event {
  uint32_t struct_size; /* of the whole event */
  execlet_abi_event_type type;
  uint32_t flags;
  uint32_t reserved;
  uint64_t time_ns; /* CLOCK_MONOTONIC; 0 = now */
} execlet_abi_event;

/* Bytes that the program wrote: any chunking, any encoding. */
typedef struct execlet_abi_output_event {
  execlet_abi_event head;
  int32_t stream; /* 1 = stdout, 2 = stderr */
  uint32_t reserved;
  execlet_abi_str data;
} execlet_abi_output_event;

/* So many further bytes of a stream that the program wrote and that are not handed over. Only for what comes after the
 * first execlet_abi_request.output_wanted bytes of it, and no OUTPUT of that stream follows in this run. */
typedef struct execlet_abi_output_skipped_event {
  execlet_abi_event head;
  int32_t stream; /* 1 = stdout, 2 = stderr */
  uint32_t reserved;
  uint64_t bytes;
} execlet_abi_output_skipped_event;

/* One representation of a display. `data` is the bytes themselves, never base64. Frozen: never grows. */
typedef struct execlet_abi_mime_part {
  execlet_abi_str mime;
  execlet_abi_str data;
} execlet_abi_mime_part;

#define EXECLET_ABI_DISPLAY_VALUE 1u  /* flag: the value of the code, not something that it chose to show */
#define EXECLET_ABI_DISPLAY_UPDATE 2u /* flag: replaces what was shown as `display_id` */

/* Rich output: a MIME bundle. */
typedef struct execlet_abi_display_event {
  execlet_abi_event head;
  execlet_abi_str display_id; /* empty if it has none */
  const execlet_abi_mime_part *parts;
  uint64_t part_count;
  execlet_abi_str metadata_json;
} execlet_abi_display_event;

/* An exception that user code did not catch. `traceback` may hold ANSI colours. */
typedef struct execlet_abi_user_error_event {
  execlet_abi_event head;
  execlet_abi_str name;
  execlet_abi_str message;
  execlet_abi_str traceback;
} execlet_abi_user_error_event;

/* Long work before or after user code: a pull, a build, a start. */
typedef struct execlet_abi_progress_event {
  execlet_abi_event head;
  execlet_abi_str stage; /* stable word: "pull", "build", "start" */
  execlet_abi_str text;
  uint64_t current;
  uint64_t total; /* 0 = unknown */
} execlet_abi_progress_event;

/* How one requested limit is enforced for this run. `how` empty = it is not (only with BEST_EFFORT). */
typedef struct execlet_abi_limit_event {
  execlet_abi_event head;
  execlet_abi_limit limit;
  uint32_t reserved;
  uint64_t enforced; /* the value in force, in the unit of the limit */
  execlet_abi_str how;
} execlet_abi_limit_event;

#define EXECLET_ABI_ARTIFACT_LAST 1u /* flag: the file is whole now */

/*
 * A file for the caller. Its bytes come inline in one or more events of the same name, in order: `offset` says
 * where `data` belongs, ARTIFACT_LAST marks the last one. With fd >= 0, a regular file or memfd, the host reads `size`
 * bytes from its position during the call instead and `data` is empty; the plugin keeps the fd.
 */
typedef struct execlet_abi_artifact_event {
  execlet_abi_event head;
  execlet_abi_str name; /* relative path with '/' */
  execlet_abi_str mime; /* empty = the host decides by the name */
  uint64_t size;        /* of the whole file */
  uint64_t offset;
  execlet_abi_str data;
  int32_t fd;
  uint32_t reserved;
} execlet_abi_artifact_event;

typedef struct execlet_abi_notice_event {
  execlet_abi_event head;
  execlet_abi_str code; /* stable dotted word: "staging.moved" */
  execlet_abi_str text;
} execlet_abi_notice_event;

#ifdef __cplusplus
}
#endif

#endif

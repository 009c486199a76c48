/* SPDX-License-Identifier: Apache-2.0
 *
 * The ground of the plugin ABI: version, text, status codes, growth rules.
 *
 * Plain C11, usable from C++11 on. Everything that crosses between host and plugin is declared in this
 * directory; docs/abi-rules.md numbers the rules that keep it stable. The short form:
 *  - every struct that crosses by pointer begins with `struct_size` and only ever grows at its end;
 *    a reader asks EXECLET_ABI_HAS before it touches a member newer than 1.0;
 *  - all text and memory is borrowed for the duration of the call that passes it; nothing is freed
 *    across the boundary;
 *  - no exception, longjmp or thread cancellation crosses;
 *  - zero means "not set" for every number unless a member says otherwise.
 *
 * Thread tags used in these headers:
 *  [any-thread]  may be called on any thread, also concurrently with everything else on the object
 *  [serial]      calls on one object never overlap, but may come on different threads
 *  [once]        called once per process, before (or after) everything else
 */
#ifndef EXECLET_ABI_BASE_H
#define EXECLET_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EXECLET_ABI_MAJOR 1
#define EXECLET_ABI_MINOR 0

/* True if `object` (a pointer to a struct with `struct_size`) is long enough to hold `member`. */
#define EXECLET_ABI_HAS(object, type, member) \
  ((object)->struct_size >= offsetof(type, member) + sizeof(((type *)0)->member))

/* UTF-8 text or bytes, borrowed, not NUL-terminated; may contain NUL. {NULL, 0} is empty. Frozen: never grows. */
typedef struct execlet_abi_str {
  const char *data;
  uint64_t size;
} execlet_abi_str;

/*
 * How a call of the ABI itself went. How the *user's code* ended is another axis: `execlet_abi_result.outcome`.
 * Once user code has started, its end is an outcome and the status is OK; a status says that it never started,
 * or that the backend was lost (UNAVAILABLE after a STARTED event).
 * The numbers are those of the gRPC canonical codes. A host treats unknown values as INTERNAL.
 */
typedef int32_t execlet_abi_status;
#define EXECLET_ABI_OK 0
#define EXECLET_ABI_CANCELLED 1          /* the call context asked to stop before user code started */
#define EXECLET_ABI_INVALID_ARGUMENT 3   /* options or request are wrong; details may hold {"pointer": "/…"} */
#define EXECLET_ABI_TIMEOUT 4            /* the call's deadline passed before user code started */
#define EXECLET_ABI_NOT_FOUND 5          /* an image, a kernel, a program that the configuration names is missing */
#define EXECLET_ABI_POLICY 7             /* refused: a limit that cannot be enforced here, a forbidden setting */
#define EXECLET_ABI_RESOURCE_EXHAUSTED 8 /* the backend is full; retry later */
/* The instance can no longer be used, and nothing of the request was begun: the host discards the instance and may run
 * the request in another one. A plugin that cannot be sure emits STARTED and returns UNAVAILABLE. */
#define EXECLET_ABI_INVALID_STATE 9
#define EXECLET_ABI_UNSUPPORTED 12     /* a language or feature that this backend does not have */
#define EXECLET_ABI_INTERNAL 13        /* a fault of the plugin */
#define EXECLET_ABI_UNAVAILABLE 14     /* the backend cannot be reached or was lost; retry may help */
#define EXECLET_ABI_UNAUTHENTICATED 16 /* credentials are missing or refused */

/* Kinds of limits. Bit sets use (1u << kind). */
typedef int32_t execlet_abi_limit;
#define EXECLET_ABI_LIMIT_WALL_TIME 0  /* nanoseconds, from the start of user code */
#define EXECLET_ABI_LIMIT_MEMORY 1     /* bytes */
#define EXECLET_ABI_LIMIT_CPUS 2       /* thousandths of a cpu */
#define EXECLET_ABI_LIMIT_CPU_TIME 3   /* nanoseconds of user + system time, whole process tree */
#define EXECLET_ABI_LIMIT_PIDS 4       /* processes and threads at a time */
#define EXECLET_ABI_LIMIT_OPEN_FILES 5 /* descriptors per process */
#define EXECLET_ABI_LIMIT_FILE_SIZE 6  /* bytes of the largest file written */
#define EXECLET_ABI_LIMIT_OUTPUT 7     /* bytes of stdout + stderr; exceeding it kills (retention is the host's) */
#define EXECLET_ABI_LIMIT_DISK 8       /* bytes in the working directory */
#define EXECLET_ABI_LIMIT_COUNT 9

/* How a call context asks a running call to stop; a higher value replaces a lower one. */
typedef int32_t execlet_abi_cancel;
#define EXECLET_ABI_CANCEL_NONE 0
#define EXECLET_ABI_CANCEL_INTERRUPT 1 /* as Ctrl-C: SIGINT, a kernel interrupt */
#define EXECLET_ABI_CANCEL_TERMINATE 2 /* SIGTERM, then SIGKILL after the request's kill_grace_ns */
#define EXECLET_ABI_CANCEL_KILL 3      /* at once */

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The one context that every call which may block receives.
 */
#ifndef EXECLET_ABI_CALL_H
#define EXECLET_ABI_CALL_H

#include "base.h"
#include "event.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Host-owned, valid until the call returns. The plugin may use it from threads of its own during the call, but
 * `emit` calls of one context never overlap.
 */
typedef struct execlet_abi_call {
  uint32_t struct_size;
  /* Readable (level-triggered, POLLIN) when `cancelled` would return something new or `read_input` has something.
   * For poll, epoll, zmq_poll, curl_multi_poll. The plugin never reads or closes it. */
  int32_t wake_fd;
  void *ctx;
  /* CLOCK_MONOTONIC nanoseconds after which the host no longer wants the answer; 0 = none. Bounds the call as a
   * whole; the limit on user code is execlet_abi_request.timeout_ns. */
  uint64_t deadline_ns;

  /* [serial] Hands one event over. May block while the caller is slow, at most until deadline or cancel. Returns OK,
   * or CANCELLED when the producer should stop; the event may then have been dropped. */
  execlet_abi_status (*emit)(void *ctx, const execlet_abi_event *event);
  /* [any-thread] The strongest cancel asked for so far. Reading it does not clear it, but it stops `wake_fd` from
   * being readable until something new comes: a stronger cancel, or more input. So a plugin that cannot take input now
   * still sleeps, and reads what was left when it has room. */
  execlet_abi_cancel (*cancelled)(void *ctx);
  /* [serial] Copies up to `capacity` bytes of the program's standard input. Never blocks. Returns OK with *size > 0;
   * OK with *size == 0 if nothing is there yet; NOT_FOUND at the end of input. */
  execlet_abi_status (*read_input)(void *ctx, char *buffer, uint64_t capacity, uint64_t *size);
} execlet_abi_call;

#ifdef __cplusplus
}
#endif

#endif

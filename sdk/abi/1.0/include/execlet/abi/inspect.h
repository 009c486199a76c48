/* SPDX-License-Identifier: Apache-2.0
 *
 * Optional feature "execlet.inspect/1": a closer look than executor_describe, for people who ask what is really there
 * (`execlet languages`, `execlet doctor`). The JSON is described in docs/facts.md.
 */
#ifndef EXECLET_ABI_INSPECT_H
#define EXECLET_ABI_INSPECT_H

#include "base.h"
#include "call.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EXECLET_ABI_EXTENSION_INSPECT "execlet.inspect/1"

/* What get_extension returns for that id. Static, plugin-owned. */
typedef struct execlet_abi_inspect {
  uint32_t struct_size;
  uint32_t reserved;
  /* [any-thread] All that executor_describe tells, and what takes time to find out: versions, limits as they are
   * enforced here and now. May start programs, containers, connections; ends them all. What it has no time left for
   * before `call->deadline_ns` is left out. Fails only if there is nothing to tell. */
  execlet_abi_status (*executor_inspect)(execlet_abi_executor *executor, const execlet_abi_call *call,
                                         execlet_abi_text_sink sink, void *sink_ctx, execlet_abi_error *error);
} execlet_abi_inspect;

#ifdef __cplusplus
}
#endif

#endif

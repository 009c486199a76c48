/* SPDX-License-Identifier: Apache-2.0
 *
 * The table that a plugin gives to the host, its one exported function, and its manifest.
 *
 * Life of the objects:  entry → init → executor_create → instance_open → (instance_run | instance_reset)* →
 * instance_close → executor_destroy → deinit.  The library is never unloaded. An executor is one configured use of the
 * backend; an instance is a place that runs one request at a time. The host alone decides how long an instance
 * lives: one execution, a pool, a session.
 */
#ifndef EXECLET_ABI_PLUGIN_H
#define EXECLET_ABI_PLUGIN_H

#include "base.h"
#include "call.h"
#include "host.h"
#include "request.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct execlet_abi_executor execlet_abi_executor; /* the plugin's own type */
typedef struct execlet_abi_instance execlet_abi_instance; /* the plugin's own type */

typedef struct execlet_abi_executor_config {
  uint32_t struct_size;
  uint32_t reserved;
  execlet_abi_str name;         /* the executor's name in the configuration */
  execlet_abi_str options_json; /* an object that satisfies the manifest's schema; keys with a core role are removed */
  execlet_abi_str base_dir;     /* relative paths in the options are relative to this absolute path */
} execlet_abi_executor_config;

#define EXECLET_ABI_INSTANCE_NAMED 1u /* `name` was chosen by the user */

typedef struct execlet_abi_instance_options {
  uint32_t struct_size;
  uint32_t flags;
  execlet_abi_str name;
  const execlet_abi_limits *limits; /* those whose scope is "instance"; NULL = none */
  execlet_abi_str network;
} execlet_abi_instance_options;

/* Receives text that outlives the plugin's buffer: called once, copies. */
typedef void (*execlet_abi_text_sink)(void *ctx, execlet_abi_str text);

/* Static, plugin-owned. Members marked optional may be NULL. */
typedef struct execlet_abi_plugin {
  uint32_t struct_size;
  uint32_t abi_minor; /* EXECLET_ABI_MINOR it was compiled with */
  const char *name;
  const char *version;
  const char *manifest_json; /* NUL-terminated; the same bytes as in the ELF section */

  /* [once] Optional. Global set-up of libraries. Must not start threads or block. */
  execlet_abi_status (*init)(const execlet_abi_host *host, execlet_abi_error *error);
  /* [once] Optional. Joins every thread of the plugin and undoes init. A process may also end without it. */
  void (*deinit)(void);

  /* [any-thread] Must not block on the network: report trouble in health or instance_open. `*out` is set only with OK.
   */
  execlet_abi_status (*executor_create)(const execlet_abi_host *host, const execlet_abi_executor_config *config,
                                        execlet_abi_executor **out, execlet_abi_error *error);
  /* [serial] No instance of it is left. */
  void (*executor_destroy)(execlet_abi_executor *executor);
  /* [any-thread] Optional. Facts as a JSON object, see docs/facts.md: {"languages": [{"name", "extensions": [".py"],
   * "executable", "available", "reason"?}], …}. Quick: it starts nothing, so that a host may ask for it to find the
   * language of a file. What takes time is told by the extension "execlet.inspect/1". */
  execlet_abi_status (*executor_describe)(execlet_abi_executor *executor, const execlet_abi_call *call,
                                          execlet_abi_text_sink sink, void *sink_ctx, execlet_abi_error *error);
  /* [any-thread] Optional. OK if an instance could be opened now. */
  execlet_abi_status (*executor_health)(execlet_abi_executor *executor, const execlet_abi_call *call,
                                        execlet_abi_error *error);

  /* [any-thread] `*out` is set only with OK; anything else leaves nothing behind. */
  execlet_abi_status (*instance_open)(execlet_abi_executor *executor, const execlet_abi_call *call,
                                      const execlet_abi_instance_options *options, execlet_abi_instance **out,
                                      execlet_abi_error *error);
  /* [serial] Runs one request to its end and returns; the return is the final event, none follows it. Nothing that user
   * code started is alive afterwards, unless the manifest says "state": "persistent". */
  execlet_abi_status (*instance_run)(execlet_abi_instance *instance, const execlet_abi_call *call,
                                     const execlet_abi_request *request, execlet_abi_result *result,
                                     execlet_abi_error *error);
  /* [serial] Optional unless the manifest's "reset" is "process" or "clean". Not OK = the host closes the instance. */
  execlet_abi_status (*instance_reset)(execlet_abi_instance *instance, const execlet_abi_call *call,
                                       execlet_abi_error *error);
  /* [serial] Frees the instance whatever it returns. */
  execlet_abi_status (*instance_close)(execlet_abi_instance *instance, const execlet_abi_call *call,
                                       execlet_abi_error *error);
  /* [any-thread] Optional, between start and return of instance_run; idempotent, never blocks. `call->wake_fd` and
   * `call->cancelled` say the same; this is for plugins that cannot wait on a descriptor. */
  void (*instance_cancel)(execlet_abi_instance *instance, execlet_abi_cancel mode);

  /* [any-thread] Optional. A feature by id "execlet.<name>/<rev>", or NULL. */
  const void *(*get_extension)(const char *id);
} execlet_abi_plugin;

/*
 * The only symbol that a plugin exports. [any-thread] Pure: no allocation, threads, I/O or environment. Returns OK and
 * a static table, or UNSUPPORTED if the host's minor version is too old for it.
 */
#define EXECLET_ABI_ENTRY_NAME "execlet_plugin_entry_v1"
typedef execlet_abi_status (*execlet_abi_entry)(uint32_t host_minor, const execlet_abi_plugin **out);

/*
 * The manifest: a JSON document that the host reads from the file without loading it. `execlet_add_plugin()` makes
 * a header "execlet_manifest.h" from a JSON file that defines `execlet_manifest` with this attribute; by hand:
 *     EXECLET_ABI_MANIFEST_SECTION static const char execlet_manifest[] = "{…}";
 * The array must be referenced by the table (manifest_json), which also keeps the linker from dropping it.
 */
#define EXECLET_ABI_MANIFEST_SECTION_NAME ".execlet.manifest"
#define EXECLET_ABI_MANIFEST_SECTION __attribute__((section(EXECLET_ABI_MANIFEST_SECTION_NAME), used, aligned(1)))

#define EXECLET_ABI_EXPORT __attribute__((visibility("default"), used))

#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
#include <execlet/execlet.h>

#include "guard.h"
#include "handles.h"

using namespace execlet::core;

const char *execlet_executor_name(const execlet_executor *executor) {
  return executor ? executor->executor->name().c_str() : "";
}

const char *execlet_executor_backend(const execlet_executor *executor) {
  return executor ? executor->executor->manifest().name.c_str() : "";
}

execlet_status execlet_executor_start(execlet_executor *executor, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_handle(executor, "executor"); !usable) return usable;
    return executor->executor->start();
  });
}

execlet_status execlet_executor_stop(execlet_executor *executor, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_handle(executor, "executor"); !usable) return usable;
    return executor->executor->stop();
  });
}

execlet_status execlet_executor_restart(execlet_executor *executor, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_handle(executor, "executor"); !usable) return usable;
    if (auto stopped = executor->executor->stop(); !stopped) return stopped;
    return executor->executor->start();
  });
}

execlet_status execlet_executor_open_session(execlet_executor *executor, const char *name, execlet_text **id,
                                             execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_call(executor, "executor", id); !usable) return usable;
    return give_text(executor->executor->open_session(or_empty(name)), id);
  });
}

execlet_status execlet_executor_close_session(execlet_executor *executor, const char *id, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_handle(executor, "executor"); !usable) return usable;
    return executor->executor->close_session(or_empty(id));
  });
}

execlet_status execlet_executor_describe_json(execlet_executor *executor, execlet_text **out, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_call(executor, "executor", out); !usable) return usable;
    return give_text(executor->executor->describe(), out);
  });
}

execlet_status execlet_executor_inspect_json(execlet_executor *executor, execlet_text **out, execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto usable = check_call(executor, "executor", out); !usable) return usable;
    return give_text(executor->executor->inspect(), out);
  });
}

void execlet_executor_free(execlet_executor *executor) {
  // In a child of a fork it stays: its end would reach for the parent's threads, locks and instances.
  if (is_usable(executor)) delete executor;
}

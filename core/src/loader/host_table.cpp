// SPDX-License-Identifier: Apache-2.0
#include "host_table.h"

#include <cstring>
#include <exception>
#include <new>

#include "../values/text.h"
#include "abi_text.h"
#include "helper_program.h"
#include "plugin_error.h"

namespace execlet::core {
namespace {

LogSink &sink(void *ctx) {
  return *static_cast<LogSink *>(ctx);
}

// Called by plugins, through frames that an exception must not cross: a line that finds no memory is lost.

int32_t log_enabled(void *ctx, execlet_abi_log_level level) noexcept {
  return sink(ctx).enabled(level) ? 1 : 0;
}

void log(void *ctx, execlet_abi_log_level level, execlet_abi_str component, execlet_abi_str message) noexcept {
  if (!sink(ctx).enabled(level)) return;
  try {
    sink(ctx).write(level, lossy_utf8(view(component)), lossy_utf8(view(message)));
  } catch (const std::bad_alloc &) {
  }
}

void error_set(execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message,
               execlet_abi_str details_json) noexcept {
  try {
    set_plugin_error(error, reason, message, details_json);
  } catch (const std::bad_alloc &) {
  }
}

execlet_abi_status find_helper_path(execlet_abi_str name, char *buffer, uint64_t capacity, execlet_abi_error *error) {
  const auto path = find_helper(view(name));
  if (!path) {
    const Failure &failure = path.failure();
    set_plugin_error(error, borrow(failure.reason), borrow(failure.message), borrow(failure.details_json));
    return EXECLET_ABI_NOT_FOUND;
  }
  const std::string &text = path->native();
  if (text.size() >= capacity) return EXECLET_ABI_RESOURCE_EXHAUSTED;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return EXECLET_ABI_OK;
}

execlet_abi_status helper_path(void *, execlet_abi_str name, char *buffer, uint64_t capacity,
                               execlet_abi_error *error) noexcept {
  try {
    return find_helper_path(name, buffer, capacity, error);
  } catch (const std::exception &problem) {
    error_set(error, borrow("host.helper"), borrow(problem.what()), {});
    return EXECLET_ABI_INTERNAL;
  }
}

const void *no_extension(void *, const char *) {
  return nullptr;
}

}  // namespace

execlet_abi_host make_host_table(LogSink &log_sink) {
  execlet_abi_host host{};
  host.struct_size = sizeof host;
  host.abi_minor = EXECLET_ABI_MINOR;
  host.ctx = &log_sink;
  host.log_enabled = log_enabled;
  host.log = log;
  host.error_set = error_set;
  host.helper_path = helper_path;
  host.get_extension = no_extension;
  return host;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "plugin_init.h"

#include <utility>

#include "host_table.h"
#include "log_sink.h"
#include "plugin_error.h"
#include "refusal.h"

namespace execlet::core {
namespace {

// Static: a plugin may keep the pointer until deinit, which this host never calls.
const execlet_abi_host &init_host() {
  static LogSink no_log(nullptr, nullptr, EXECLET_LOG_OFF);
  static const execlet_abi_host host = make_host_table(no_log);
  return host;
}

}  // namespace

Result<void> init_plugin(const execlet_abi_plugin &table, const std::string &file) {
  if (table.init == nullptr) return {};
  PluginError error;
  const execlet_abi_status status = table.init(&init_host(), &error);
  if (status == EXECLET_ABI_OK) return {};
  Failure failure =
      refusal(error.reason.empty() ? "load.init" : error.reason,
              file + " could not be set up: " +
                  (error.message.empty() ? "its init returned " + std::to_string(status) : error.message));
  failure.details_json = std::move(error.details_json);
  return failure;
}

}  // namespace execlet::core

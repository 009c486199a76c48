// SPDX-License-Identifier: Apache-2.0
#include "plugin_init.h"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "abi_text.h"
#include "host_table.h"
#include "log_sink.h"
#include "plugin_error.h"
#include "refusal.h"

namespace execlet::core {
namespace {

// Leaky: a plugin may keep the pointer until deinit, which this host never calls.
const execlet_abi_host &init_host() {
  static auto *const no_log = new LogSink(nullptr, nullptr, EXECLET_LOG_OFF);
  static const auto *const host = new execlet_abi_host(make_host_table(*no_log));
  return *host;
}

execlet_abi_status call_init(const execlet_abi_plugin &table, PluginError &error) {
  // No exception may come out of a plugin; where one does and can be caught, it is a refusal like others.
  try {
    return table.init(&init_host(), &error);
  } catch (const std::exception &thrown) {
    set_plugin_error(&error, borrow("plugin.exception"), borrow(thrown.what()), {});
  }
  return EXECLET_ABI_INTERNAL;
}

// Shared with a thread that may be left behind with it.
struct Init {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<void>> answer;
};

}  // namespace

Result<void> init_plugin(const execlet_abi_plugin &table, const std::string &file) {
  if (table.init == nullptr) return {};
  PluginError error;
  const execlet_abi_status status = call_init(table, error);
  if (status == EXECLET_ABI_OK) return {};
  Failure failure =
      refusal(error.reason.empty() ? "load.init" : error.reason,
              file + " could not be set up: " +
                  (error.message.empty() ? "its init returned " + std::to_string(status) : error.message));
  failure.details_json = std::move(error.details_json);
  return failure;
}

Result<void> init_plugin_within(const execlet_abi_plugin &table, const std::string &file,
                                std::chrono::milliseconds bound) {
  if (table.init == nullptr) return {};
  const auto init = std::make_shared<Init>();
  try {
    std::thread([init, &table, file] {
      Result<void> answer = init_plugin(table, file);
      const std::lock_guard lock(init->mutex);
      init->answer = std::move(answer);
      init->changed.notify_all();
    }).detach();
  } catch (const std::system_error &) {
    return init_plugin(table, file);  // no thread to be had
  }
  std::unique_lock lock(init->mutex);
  if (init->changed.wait_for(lock, bound, [&] { return init->answer.has_value(); })) return *init->answer;
  return refusal("load.hang", file + " could not be set up: its init did not return within " +
                                  std::to_string(bound.count() / 1000) + " s; its thread is left behind");
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "plugin_init.h"

#include <cstring>
#include <string_view>

#include "helper_program.h"
#include "refusal.h"

namespace execlet::core {
namespace {

struct InitError {
  std::string reason;
  std::string message;
  std::string details;
};

std::string copy(execlet_abi_str text) {
  return text.data == nullptr ? std::string() : std::string(text.data, static_cast<std::size_t>(text.size));
}

int32_t log_disabled(void *, execlet_abi_log_level) {
  return 0;
}

void drop_line(void *, execlet_abi_log_level, execlet_abi_str, execlet_abi_str) {}

void set_error(execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message, execlet_abi_str details) {
  if (error == nullptr) return;
  auto &kept = *reinterpret_cast<InitError *>(error);
  kept = {copy(reason), copy(message), copy(details)};
}

execlet_abi_status helper_path(void *, execlet_abi_str name, char *buffer, uint64_t capacity,
                               execlet_abi_error *error) {
  Result<std::filesystem::path> found = find_helper(std::string_view(name.data, static_cast<std::size_t>(name.size)));
  if (!found) {
    const Failure &failure = found.failure();
    set_error(error, {failure.reason.data(), failure.reason.size()}, {failure.message.data(), failure.message.size()},
              {nullptr, 0});
    return EXECLET_ABI_NOT_FOUND;
  }
  const std::string &path = found->native();
  if (path.size() >= capacity) return EXECLET_ABI_RESOURCE_EXHAUSTED;
  std::memcpy(buffer, path.c_str(), path.size() + 1);
  return EXECLET_ABI_OK;
}

const void *no_extension(void *, const char *) {
  return nullptr;
}

// Plugins may keep the pointer until deinit, which this host never calls: static.
constexpr execlet_abi_host kInitHost = {sizeof(execlet_abi_host),
                                        EXECLET_ABI_MINOR,
                                        nullptr,
                                        log_disabled,
                                        drop_line,
                                        set_error,
                                        helper_path,
                                        no_extension};

}  // namespace

Result<void> init_plugin(const execlet_abi_plugin &table, const std::string &file) {
  if (table.init == nullptr) return {};
  InitError error;
  const execlet_abi_status status = table.init(&kInitHost, reinterpret_cast<execlet_abi_error *>(&error));
  if (status == EXECLET_ABI_OK) return {};
  Failure failure =
      refusal(error.reason.empty() ? "load.init" : error.reason,
              file + " could not be set up: " +
                  (error.message.empty() ? "its init returned " + std::to_string(status) : error.message));
  if (!error.details.empty()) failure.details_json = error.details;
  return failure;
}

}  // namespace execlet::core

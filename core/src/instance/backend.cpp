// SPDX-License-Identifier: Apache-2.0
#include "backend.h"

#include <utility>

#include "../loader/abi_text.h"
#include "../loader/host_table.h"
#include "../loader/plugin_error.h"
#include "call_context.h"
#include "facts.h"
#include "status_table.h"

namespace execlet::core {
namespace {

constexpr Nanoseconds kDescribeTime = std::chrono::seconds(10);
constexpr Nanoseconds kInspectTime = std::chrono::seconds(20);

}  // namespace

Backend::Backend(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin, const Manifest &manifest)
    : services_(std::move(services)), plugin_(plugin), manifest_(manifest), host_(make_host_table(services_->log)) {}

Backend::~Backend() {
  if (executor_) plugin_.executor_destroy(executor_);
}

Result<std::shared_ptr<Backend>> Backend::create(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin,
                                                 const Manifest &manifest, const Config &config) {
  std::shared_ptr<Backend> backend(new Backend(std::move(services), plugin, manifest));
  execlet_abi_executor_config raw{};
  raw.struct_size = sizeof raw;
  raw.name = borrow(config.name);
  raw.options_json = borrow(config.options_json);
  raw.base_dir = borrow(config.base_dir);
  PluginError error;
  const execlet_abi_status status = plugin.executor_create(&backend->host_, &raw, &backend->executor_, &error);
  if (status == EXECLET_ABI_OK && backend->executor_) return backend;
  backend->executor_ = nullptr;
  return failure_of_call({status, EXECLET_ABI_OUTCOME_NONE, false}, error, manifest.name);
}

bool Backend::reusable() const {
  if (!plugin_.instance_reset) return false;
  switch (manifest_.capabilities.reset) {
    case Reset::kClean:
      return true;
    case Reset::kProcess:
      return manifest_.capabilities.isolation == Isolation::kNone ||
             manifest_.capabilities.isolation == Isolation::kProcess;
    case Reset::kNone:
      return false;
  }
  return false;
}

void Backend::log(std::int32_t level, const std::string &message) const {
  if (services_->log.enabled(level)) services_->log.write(level, manifest_.name, message);
}

Result<std::string> Backend::describe() const {
  return ask(plugin_.executor_describe, kDescribeTime);
}

Result<std::string> Backend::inspect() const {
  const void *extension = plugin_.get_extension ? plugin_.get_extension(EXECLET_ABI_EXTENSION_INSPECT) : nullptr;
  const auto *inspect = static_cast<const execlet_abi_inspect *>(extension);
  if (!inspect || !EXECLET_ABI_HAS(inspect, execlet_abi_inspect, executor_inspect) || !inspect->executor_inspect)
    return describe();
  return ask(inspect->executor_inspect, kInspectTime);
}

Result<std::string> Backend::ask(decltype(execlet_abi_plugin::executor_describe) tell, Nanoseconds time) const {
  std::string told;
  if (tell) {
    CallContext context(services_->wake_fds, nullptr, nullptr);
    const execlet_abi_call call = context.call(Clock::now() + time);
    PluginError error;
    const auto take = [](void *ctx, execlet_abi_str text) { *static_cast<std::string *>(ctx) = copy(text); };
    const execlet_abi_status status = tell(executor_, &call, take, &told, &error);
    if (status != EXECLET_ABI_OK)
      return failure_of_call({status, EXECLET_ABI_OUTCOME_NONE, false}, error, manifest_.name);
  }
  return complete_facts(told, manifest_);
}

void Backend::instance_opened() {
  const std::lock_guard lock(mutex_);
  ++instances_;
}

void Backend::instance_closed() {
  // Notified under the lock: whoever waits may drop the last reference as soon as it is released.
  const std::lock_guard lock(mutex_);
  if (--instances_ == 0) unused_.notify_all();
}

bool Backend::wait_until_unused(TimePoint limit) {
  std::unique_lock lock(mutex_);
  return unused_.wait_until(lock, limit, [this] { return instances_ == 0; });
}

}  // namespace execlet::core

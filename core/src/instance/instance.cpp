// SPDX-License-Identifier: Apache-2.0
#include "instance.h"

#include <utility>

#include "../loader/abi_text.h"
#include "abi_limits.h"

namespace execlet::core {

Instance::Instance(std::shared_ptr<Backend> backend, InstanceKey key, execlet_abi_instance *handle)
    : backend_(std::move(backend)), key_(std::move(key)), handle_(handle) {
  backend_->instance_opened();
}

std::unique_ptr<Instance> Instance::open(std::shared_ptr<Backend> backend, const InstanceKey &key, CallContext &context,
                                         TimePoint deadline, execlet_abi_status &status, PluginError &error) {
  const execlet_abi_limits limits = to_abi(key.limits);
  execlet_abi_instance_options options{};
  options.struct_size = sizeof options;
  options.limits = &limits;
  options.network = borrow(key.network);
  const execlet_abi_call call = context.call(deadline);
  execlet_abi_instance *handle = nullptr;
  status = backend->plugin().instance_open(backend->executor(), &call, &options, &handle, &error);
  if (status != EXECLET_ABI_OK) return nullptr;
  if (!handle) {
    status = EXECLET_ABI_INTERNAL;
    return nullptr;
  }
  return std::unique_ptr<Instance>(new Instance(std::move(backend), key, handle));
}

Instance::~Instance() {
  {
    CallContext context(backend_->services().wake_fds, nullptr, nullptr);
    const execlet_abi_call call = context.call(Clock::now() + kCloseTime);
    PluginError error;
    const execlet_abi_status status = backend_->plugin().instance_close(handle_, &call, &error);
    if (status != EXECLET_ABI_OK) backend_->log(EXECLET_LOG_WARN, "closing an instance failed: " + error.message);
  }
  backend_->instance_closed();
}

execlet_abi_status Instance::run(CallContext &context, TimePoint deadline, const execlet_abi_request &request,
                                 execlet_abi_result &result, PluginError &error) {
  clean_ = false;
  const execlet_abi_call call = context.call(deadline);
  const execlet_abi_plugin &plugin = backend_->plugin();
  if (plugin.instance_cancel)
    context.set_cancel_hook(
        [cancel = plugin.instance_cancel, handle = handle_](execlet_abi_cancel level) { cancel(handle, level); });
  const execlet_abi_status status = plugin.instance_run(handle_, &call, &request, &result, &error);
  if (plugin.instance_cancel) context.set_cancel_hook(nullptr);
  return status;
}

bool Instance::reset(CallContext &context, TimePoint deadline) {
  if (clean_) return true;
  const execlet_abi_call call = context.call(deadline);
  PluginError error;
  const execlet_abi_status status = backend_->plugin().instance_reset(handle_, &call, &error);
  clean_ = status == EXECLET_ABI_OK;
  if (!clean_) backend_->log(EXECLET_LOG_INFO, "an instance could not be reset and is closed: " + error.message);
  return clean_;
}

}  // namespace execlet::core

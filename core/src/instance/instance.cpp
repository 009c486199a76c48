// SPDX-License-Identifier: Apache-2.0
#include "instance.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "../loader/abi_text.h"
#include "abi_limits.h"
#include "bounded_call.h"
#include "contained_call.h"

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
  const CallContext::OpenCall call = context.open_call(deadline, backend->faults());
  execlet_abi_instance *handle = nullptr;
  status = contained(error, [&] {
    return backend->plugin().instance_open(backend->executor(), call.get(), &options, &handle, &error);
  });
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
    const CallContext::OpenCall call = context.open_call(Clock::now() + kCloseTime, backend_->faults());
    PluginError error;
    const execlet_abi_status status =
        contained(error, [&] { return backend_->plugin().instance_close(handle_, call.get(), &error); });
    if (status != EXECLET_ABI_OK) backend_->log(EXECLET_LOG_WARN, "closing an instance failed: " + error.message);
  }
  backend_->instance_closed();
}

namespace {

// One run's calls of instance_cancel. They are made on threads of their own, although they must not block: one that
// does would hold up every other deadline of the runtime, or whoever cancels.
class Cancels {
 public:
  Cancels(RunThreads &threads, execlet_abi_instance *instance,
          void (*cancel)(execlet_abi_instance *, execlet_abi_cancel))
      : threads_(threads), instance_(instance), cancel_(cancel) {}

  // Under the lock of the context's hook.
  void add(execlet_abi_cancel level) {
    if (!state_) state_ = std::make_shared<State>();
    state_->asked = level;
    // Also where the pool gives no thread any more: a stop that is lost would be one that never comes.
    const BoundedCall call(threads_, [state = state_, instance = instance_, cancel = cancel_] {
      const std::lock_guard lock(state->mutex);
      const execlet_abi_cancel strongest = state->asked;
      // One that came in between may have said it all, and nothing weaker follows it.
      if (!state->over && std::exchange(state->told, strongest) != strongest) cancel(instance, strongest);
    });
  }
  // The run has returned and nothing is added any more: none is running, and none begins.
  void end() {
    if (!state_) return;
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }

 private:
  struct State {
    std::atomic<execlet_abi_cancel> asked{EXECLET_ABI_CANCEL_NONE};
    std::mutex mutex;  // held while the plugin is called; guards what follows
    execlet_abi_cancel told = EXECLET_ABI_CANCEL_NONE;
    bool over = false;
  };
  RunThreads &threads_;
  execlet_abi_instance *const instance_;
  void (*const cancel_)(execlet_abi_instance *, execlet_abi_cancel);
  std::shared_ptr<State> state_;
};

}  // namespace

execlet_abi_status Instance::run(CallContext &context, TimePoint deadline, const execlet_abi_request &request,
                                 execlet_abi_result &result, PluginError &error) {
  clean_ = false;
  ++uses_;
  const execlet_abi_plugin &plugin = backend_->plugin();
  const CallContext::OpenCall call = context.open_call(deadline, backend_->faults());
  Cancels cancels(backend_->services().threads, handle_, plugin.instance_cancel);
  if (plugin.instance_cancel) context.set_cancel_hook([&cancels](execlet_abi_cancel level) { cancels.add(level); });
  const execlet_abi_status status =
      contained(error, [&] { return plugin.instance_run(handle_, call.get(), &request, &result, &error); });
  if (plugin.instance_cancel) {
    context.set_cancel_hook(nullptr);
    cancels.end();
  }
  return status;
}

bool Instance::reset(CallContext &context, TimePoint deadline) {
  if (clean_) return true;
  const CallContext::OpenCall call = context.open_call(deadline, backend_->faults());
  PluginError error;
  const execlet_abi_status status =
      contained(error, [&] { return backend_->plugin().instance_reset(handle_, call.get(), &error); });
  clean_ = status == EXECLET_ABI_OK;
  if (!clean_) backend_->log(EXECLET_LOG_INFO, "an instance could not be reset and is closed: " + error.message);
  return clean_;
}

void close_in_background(std::unique_ptr<Instance> instance) {
  if (!instance) return;
  RunThreads &threads = instance->backend().services().threads;
  threads.post([closing = std::shared_ptr<Instance>(std::move(instance))] {});
}

}  // namespace execlet::core

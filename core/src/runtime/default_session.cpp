// SPDX-License-Identifier: Apache-2.0
#include "default_session.h"

#include <utility>

#include "idle_instances.h"

namespace execlet::core {

bool DefaultSession::wait_for_turn(const LeaseCall &call) {
  call.context.set_cancel_hook([this](execlet_abi_cancel) {
    const std::lock_guard lock(mutex_);  // or it could come between a waiter's look and its sleep
    changed_.notify_all();
  });
  bool mine = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !leased_ || call.context.level() != EXECLET_ABI_CANCEL_NONE; });
    mine = call.context.level() == EXECLET_ABI_CANCEL_NONE;
    if (mine) leased_ = true;
  }
  call.context.set_cancel_hook(nullptr);
  return mine;
}

LeaseAnswer DefaultSession::lease(const InstanceKey &key, LeaseCall call) {
  if (!wait_for_turn(call)) return OpenFailure{EXECLET_ABI_CANCELLED, {}};
  std::unique_ptr<Instance> instance;
  {
    const std::lock_guard lock(mutex_);
    instance = std::move(instance_);
  }
  if (instance && !(instance->key() == key)) {
    give_back(std::move(instance), true);
    return Failure{EXECLET_REJECTED, "limits.session",
                   "this executor keeps its state in an instance that was opened with other limits or another network; "
                   "restart the executor, or ask for the same"};
  }
  if (instance) return Lease{std::move(instance), true};
  OpenFailure failure;
  instance = Instance::open(backend_, key, call.context, call.deadline, failure.status, failure.error);
  if (instance) return Lease{std::move(instance), false};
  give_back(nullptr, false);
  return failure;
}

void DefaultSession::give_back(std::unique_ptr<Instance> instance, bool usable) {
  std::unique_ptr<Instance> closing;
  {
    const std::lock_guard lock(mutex_);
    (usable ? instance_ : closing) = std::move(instance);
    leased_ = false;
  }
  changed_.notify_all();
  close_in_background(std::move(closing));
}

LeaseAnswer DefaultSession::warm_up(LeaseCall call) {
  LeaseAnswer answer = lease({}, call);
  if (auto *lease = std::get_if<Lease>(&answer)) give_back(std::move(lease->instance), true);
  return answer;
}

void DefaultSession::close_all() {
  std::unique_ptr<Instance> closing;
  {
    const std::lock_guard lock(mutex_);
    closing = std::move(instance_);
  }
  close_in_background(std::move(closing));
}

std::shared_ptr<InstanceSource> make_instance_source(std::shared_ptr<Backend> backend) {
  if (backend->manifest().capabilities.persistent_state) return std::make_shared<DefaultSession>(std::move(backend));
  return std::make_shared<IdleInstances>(std::move(backend));
}

}  // namespace execlet::core

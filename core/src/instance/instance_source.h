// SPDX-License-Identifier: Apache-2.0
//
// Where an execution gets the instance that it runs in, and where that goes afterwards.
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "../base/result.h"
#include "call_context.h"
#include "instance.h"
#include "instance_key.h"

namespace execlet::core {

// What a lease may use while it waits or calls the plugin.
struct LeaseCall {
  CallContext &context;
  TimePoint deadline;
};

struct Lease {
  std::unique_ptr<Instance> instance;
  bool was_idle = false;  // it may have died meanwhile without anybody noticing
};

// Why there is no instance: what instance_open answered, or a refusal by the core itself.
struct OpenFailure {
  execlet_abi_status status = EXECLET_ABI_OK;
  PluginError error;
};
using LeaseAnswer = std::variant<Lease, OpenFailure, Failure>;

// Thread-safe.
class InstanceSource {
 public:
  virtual ~InstanceSource() = default;

  virtual LeaseAnswer lease(const InstanceKey &key, LeaseCall call) = 0;
  // `usable` false = it must not serve anybody again. Quick: work on the instance is done elsewhere and later.
  virtual void give_back(std::unique_ptr<Instance> instance, bool usable) = 0;
  // Has an instance ready for the next lease.
  virtual LeaseAnswer warm_up(LeaseCall call) = 0;
  // Closes what is not leased, in the background: Backend::wait_until_unused says when that is done.
  virtual void close_all() = 0;
};

std::shared_ptr<InstanceSource> make_instance_source(std::shared_ptr<Backend> backend);

}  // namespace execlet::core

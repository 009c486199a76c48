// SPDX-License-Identifier: Apache-2.0
//
// One instance of a backend: a place that runs one request at a time. Closed with its last use.
#pragma once

#include <cstdint>
#include <memory>

#include "../loader/plugin_error.h"
#include "backend.h"
#include "call_context.h"
#include "instance_key.h"

namespace execlet::core {

// Used by one thread at a time.
class Instance {
 public:
  static constexpr Nanoseconds kCloseTime = std::chrono::seconds(10);  // what the plugin has for closing one

  // Null unless `status` is OK.
  static std::unique_ptr<Instance> open(std::shared_ptr<Backend> backend, const InstanceKey &key, CallContext &context,
                                        TimePoint deadline, execlet_abi_status &status, PluginError &error);
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;
  ~Instance();  // closes it; a plugin may take its time for that, see close_in_background

  const InstanceKey &key() const { return key_; }
  Backend &backend() const { return *backend_; }

  execlet_abi_status run(CallContext &context, TimePoint deadline, const execlet_abi_request &request,
                         execlet_abi_result &result, PluginError &error);
  // False if it must not be used again.
  bool reset(CallContext &context, TimePoint deadline);
  // False once it ran something and was not reset.
  bool clean() const { return clean_; }
  TimePoint opened_at() const { return opened_at_; }
  std::uint64_t uses() const { return uses_; }  // runs begun in it

 private:
  Instance(std::shared_ptr<Backend> backend, InstanceKey key, execlet_abi_instance *handle);

  std::shared_ptr<Backend> backend_;
  const InstanceKey key_;
  execlet_abi_instance *const handle_;
  const TimePoint opened_at_ = Clock::now();
  std::uint64_t uses_ = 0;
  bool clean_ = true;
};

// Closes it (null is nothing) on a thread of the runtime: nobody waits for what may take long, or for ever.
void close_in_background(std::unique_ptr<Instance> instance);

}  // namespace execlet::core

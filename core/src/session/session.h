// SPDX-License-Identifier: Apache-2.0
//
// One instance that is held across executions: they run in it one after the other, in the order they came, and it is
// never reset between them. When the instance is lost, the next run gets a new one and its result says so.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "../instance/instance_source.h"
#include "../instance/waiting_line.h"

namespace execlet::core {

class Session final : public InstanceSource, public std::enable_shared_from_this<Session> {
 public:
  // `key` is what warm_up opens.
  Session(std::shared_ptr<Backend> backend, InstanceKey key, std::string name);

  // A request whose instance would have to be opened with other limits is refused.
  LeaseAnswer lease(const InstanceKey &key, const LeaseCall &call) override;
  LeaseAnswer replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) override;
  void give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) override;
  void abandon(const CallContext &holder) override;
  LeaseAnswer warm_up(const LeaseCall &call) override;
  void close_all() override;
  std::string session_name() const override { return name_; }

 private:
  bool take_turn(const InstanceKey &key, CallContext &context, std::unique_ptr<Instance> &instance);
  LeaseAnswer open(const InstanceKey &key, CallContext &context, TimePoint limit);

  const std::shared_ptr<Backend> backend_;
  const InstanceKey key_;
  const std::string name_;

  std::mutex mutex_;
  WaitingLine line_{mutex_};
  bool taken_ = false;                   // by a holder, or by who was handed it and has not woken yet
  const CallContext *holder_ = nullptr;  // null if nobody is known to hold it
  bool has_state_ = false;               // of an instance that was opened
  std::unique_ptr<Instance> instance_;   // null while leased, or if none is open
};

}  // namespace execlet::core

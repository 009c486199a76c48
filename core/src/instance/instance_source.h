// SPDX-License-Identifier: Apache-2.0
//
// Where an execution gets the instance that it runs in, and where that goes afterwards.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "../base/result.h"
#include "call_context.h"
#include "instance.h"
#include "instance_key.h"
#include "status_table.h"

namespace execlet::core {

// Somebody who leases and can be told to stop. Thread-safe.
class Stoppable {
 public:
  // Returns how long it may take to end if its plugin obeys. The first cause counts.
  virtual Nanoseconds stop(StopCause cause) = 0;

 protected:
  ~Stoppable() = default;
};

// Who leases, and what the lease may use while it waits or calls the plugin.
struct LeaseCall {
  CallContext &context;  // also names the holder
  // To be called once the turn has come: the time for opening or resetting begins. Returns when it is over.
  std::function<TimePoint()> turn_came;
};

struct Lease {
  std::unique_ptr<Instance> instance;
  bool was_idle = false;    // it may have died meanwhile without anybody noticing
  bool state_lost = false;  // what earlier runs left in their session is gone
};

// Why there is no instance: what instance_open answered, or a refusal by the core itself.
struct OpenFailure {
  execlet_abi_status status = EXECLET_ABI_OK;
  PluginError error;
};
using LeaseAnswer = std::variant<Lease, OpenFailure, Failure>;

// Thread-safe. Who was given a lease ends it with give_back or abandon; abandon also cleans up after a call of lease or
// replace that did not return.
class InstanceSource {
 public:
  virtual ~InstanceSource() = default;

  // Where the order of those who lease matters, takes the holder's place in it now, before its thread comes to lease.
  // Ended as a lease is. `who` is told to stop when what it waits for ends.
  virtual void line_up(const CallContext &holder, const std::weak_ptr<Stoppable> &who) {
    static_cast<void>(holder);
    static_cast<void>(who);
  }
  // May wait for its turn, which a stop of the call ends.
  virtual LeaseAnswer lease(const InstanceKey &key, const LeaseCall &call) = 0;
  // A new instance for one that was leased and found dead, without another turn.
  virtual LeaseAnswer replace(std::unique_ptr<Instance> dead, const InstanceKey &key, const LeaseCall &call) = 0;
  // `usable` false = it must not serve anybody again. Quick: work on the instance is done elsewhere and later.
  virtual void give_back(std::unique_ptr<Instance> instance, bool usable, const CallContext &holder) = 0;
  // The holder is left behind in a call that does not return: who waits goes on without its instance. What it gives
  // back later is closed. Nothing, if it holds none.
  virtual void abandon(const CallContext &holder) = 0;
  // Has an instance ready for the next lease.
  virtual LeaseAnswer warm_up(const LeaseCall &call) = 0;
  // Closes what is not leased, in the background: Backend::wait_until_unused says when that is done.
  virtual void close_all() = 0;
  // The session that its instance belongs to; empty if it is nobody's.
  virtual std::string session_name() const { return {}; }
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What a plugin holds as the `ctx` of a call: a place that outlives the call, with the host's side of it behind. So
// what comes in after the call has returned (from a thread that the plugin forgot) finds nobody there, instead of
// memory that serves somebody else by now.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "services.h"

namespace execlet::core {

class CallContext;

// Says whose calls are misused, each kind once.
class CallFaults {
 public:
  enum Kind { kLate, kOverlapping };

  CallFaults(std::weak_ptr<Services> services, std::string backend)
      : services_(std::move(services)), backend_(std::move(backend)) {}
  void tell(Kind kind);

 private:
  const std::weak_ptr<Services> services_;
  const std::string backend_;
  std::atomic<bool> told_[2] = {};
};

// One serves one call at a time; it is never destroyed.
class alignas(64) CallPort {
 public:
  // From a store for the whole process. What is given back rests for some hundred calls before it is taken again.
  static CallPort *take();
  void give_back();

  // Until close, what visits the returned ctx gets to `target`. `faults` (may be null) hears of visits after that.
  void *open(CallContext &target, std::shared_ptr<CallFaults> faults);
  // Waits until nobody is inside any more.
  void close();

  // A plugin's way in, through the ctx of its call. [any-thread]
  class Visit {
   public:
    explicit Visit(void *ctx);
    Visit(const Visit &) = delete;
    Visit &operator=(const Visit &) = delete;
    ~Visit();

    // Null after the call has returned.
    CallContext *target() const { return target_; }

   private:
    CallPort *port_;
    CallContext *target_ = nullptr;
  };

 private:
  static constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;
  static constexpr std::uint64_t kVisitors = kOpen - 1;
  static constexpr unsigned kCallShift = 32;
  // The number of the call, as far as it fits into the unused bits of a ctx.
  static constexpr std::uintptr_t kCallBits = 63;

  CallPort() = default;
  void tell_late();

  std::atomic<std::uint64_t> state_{0};  // number of the call, open or not, visitors
  CallContext *target_ = nullptr;        // written while it is closed
  std::mutex mutex_;                     // guards what follows
  std::shared_ptr<CallFaults> faults_;
};

}  // namespace execlet::core

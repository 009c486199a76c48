// SPDX-License-Identifier: Apache-2.0
//
// The sessions of a runtime, by name. A name belongs to one executor, as it was configured: whoever comes from another
// one, or from one of the same name with other options, is refused. Sessions that lost their instance stay known, so
// that the loss is told; of those that nobody uses, as many as kMostDormant.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "session.h"
#include "session_owner.h"

namespace execlet::core {

// Thread-safe.
class Sessions {
 public:
  static constexpr std::size_t kMostDormant = 10'000;

  explicit Sessions(std::size_t most_dormant = kMostDormant) : most_dormant_(most_dormant) {}

  // The session of that name, made if there is none; its instance is opened when it is first leased.
  // invalid_request: "session.name"; "session.foreign" if it is not `owner`'s; "session.unknown" for the name of an
  // anonymous one that is not there. Unavailable, "runtime.closed", once the owner has ended.
  Result<std::shared_ptr<Session>> get(std::string_view name, const std::shared_ptr<SessionOwner> &owner);
  // One without a name of the user's: its id begins with '@' and is unique among all processes.
  Result<std::shared_ptr<Session>> make_anonymous(const std::shared_ptr<SessionOwner> &owner);
  // Forgets it; the caller ends it. Failures as of get; "session.unknown" if there is none.
  Result<std::shared_ptr<Session>> take(std::string_view name, const SessionOwner &owner);
  // Forgets all of the owner's; the caller ends them. It gets no others.
  std::vector<std::shared_ptr<Session>> take_all(SessionOwner &owner);
  // In the order of their names.
  std::vector<std::shared_ptr<Session>> of(const SessionOwner &owner);

 private:
  // All with the lock held.
  Result<std::shared_ptr<Session>> make(std::string id, const std::shared_ptr<SessionOwner> &owner);
  void forget_dormant();

  const std::size_t most_dormant_;
  std::mutex mutex_;
  // The names are those of the sessions themselves.
  std::map<std::string_view, std::shared_ptr<Session>, std::less<>> sessions_;
  std::size_t look_at_ = 0;  // how many sessions there may be before dormant ones are looked for
};

}  // namespace execlet::core

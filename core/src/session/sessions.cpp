// SPDX-License-Identifier: Apache-2.0
#include "sessions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "../values/json_words.h"
#include "session_name.h"

namespace execlet::core {
namespace {

Failure unknown_session(std::string_view name, const SessionOwner &owner) {
  return {EXECLET_INVALID_REQUEST, "session.unknown",
          "executor " + core::quoted(owner.executor()) + " has no session " + core::quoted(name) +
              "; it was closed, or never opened"};
}

Failure foreign_session(const Session &session, const SessionOwner &owner) {
  const std::string &other = session.owner()->executor();
  return {EXECLET_INVALID_REQUEST, "session.foreign",
          "session " + core::quoted(session.id()) + " belongs to executor " + core::quoted(other) +
              (other == owner.executor() ? " with other options than it has here"
                                         : ", not to executor " + core::quoted(owner.executor())) +
              "; choose another name, or close it there"};
}

}  // namespace

Result<std::shared_ptr<Session>> Sessions::get(std::string_view name, const std::shared_ptr<SessionOwner> &owner) {
  if (auto checked = check_session_name(name); !checked) return checked.failure();
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) {
    if (is_anonymous_session(name)) return unknown_session(name, *owner);
    return make(std::string(name), owner);
  }
  if (!found->second->owner()->is_like(*owner)) return foreign_session(*found->second, *owner);
  return found->second;
}

Result<std::shared_ptr<Session>> Sessions::make_anonymous(const std::shared_ptr<SessionOwner> &owner) {
  std::string id = kAnonymousSession + owner->backend().services().ids.next();
  const std::lock_guard lock(mutex_);
  return make(std::move(id), owner);
}

Result<std::shared_ptr<Session>> Sessions::take(std::string_view name, const SessionOwner &owner) {
  if (auto checked = check_session_name(name); !checked) return checked.failure();
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return unknown_session(name, owner);
  if (!found->second->owner()->is_like(owner)) return foreign_session(*found->second, owner);
  auto session = std::move(found->second);
  sessions_.erase(found);
  return session;
}

std::vector<std::shared_ptr<Session>> Sessions::take_all(SessionOwner &owner) {
  std::vector<std::shared_ptr<Session>> out;
  const std::lock_guard lock(mutex_);
  owner.end();
  for (auto entry = sessions_.begin(); entry != sessions_.end();) {
    if (entry->second->owner().get() != &owner) {
      ++entry;
      continue;
    }
    out.push_back(std::move(entry->second));
    entry = sessions_.erase(entry);
  }
  return out;
}

std::vector<std::shared_ptr<Session>> Sessions::of(const SessionOwner &owner) {
  std::vector<std::shared_ptr<Session>> out;
  const std::lock_guard lock(mutex_);
  for (const auto &[name, session] : sessions_) {
    if (session->owner().get() == &owner) out.push_back(session);
  }
  return out;
}

Result<std::shared_ptr<Session>> Sessions::make(std::string id, const std::shared_ptr<SessionOwner> &owner) {
  if (owner->ended()) return closed_failure();
  if (sessions_.size() >= std::max(look_at_, most_dormant_)) forget_dormant();
  auto session = std::make_shared<Session>(owner, std::move(id));
  sessions_.emplace(session->id(), session);
  return session;
}

// Half of what may stay, so that looking through all of them is seldom.
void Sessions::forget_dormant() {
  std::vector<std::pair<TimePoint, std::string_view>> dormant;
  for (const auto &[name, session] : sessions_) {
    if (session.use_count() != 1) continue;  // somebody is about to use it
    if (const auto since = session->dormant_since()) dormant.emplace_back(*since, name);
  }
  if (dormant.size() > most_dormant_ / 2) {
    const auto kept = dormant.end() - static_cast<std::ptrdiff_t>(most_dormant_ / 2);
    std::nth_element(dormant.begin(), kept, dormant.end());
    for (auto old = dormant.begin(); old != kept; ++old) sessions_.erase(sessions_.find(old->second));
  }
  look_at_ = sessions_.size() + most_dormant_ / 2;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What an executor opens ahead of its use, how it is stopped and closed, and its sessions.
#include <algorithm>
#include <utility>

#include "../instance/backend.h"
#include "../instance/bounded_call.h"
#include "../pool/pool.h"
#include "../session/session_name.h"
#include "../values/json_words.h"
#include "ending.h"
#include "executor.h"

namespace execlet::core {
namespace {

constexpr Nanoseconds kStopTime = std::chrono::seconds(2);  // beyond the kill grace

}  // namespace

// One opening ahead of use; shared with a thread that may be left behind with it.
class Executor::Opening final : public Stoppable {
 public:
  Opening(std::shared_ptr<Services> shared, std::shared_ptr<InstanceSource> warmed)
      : services(std::move(shared)), instances(std::move(warmed)), context(services->wake_fds, nullptr, nullptr) {}

  Nanoseconds stop(StopCause why) override {
    StopCause none = StopCause::kNone;
    cause.compare_exchange_strong(none, why);
    context.raise(EXECLET_ABI_CANCEL_KILL);
    return Nanoseconds(0);
  }

  const std::shared_ptr<Services> services;
  const std::shared_ptr<InstanceSource> instances;
  CallContext context;
  std::atomic<StopCause> cause{StopCause::kNone};
  LeaseAnswer answer;
};

Result<void> Executor::start() {
  auto instances = source_for({});
  if (!instances) return std::move(instances).failure();
  return open_ahead(*instances);
}

Result<void> Executor::open_ahead(const std::shared_ptr<InstanceSource> &instances) {
  const std::shared_ptr<Backend> used = backend();
  if (!used) return closed_failure();
  const auto opening = std::make_shared<Opening>(services_, instances);
  if (!opening->context.acquire_wake_fd()) return no_descriptor_failure();
  if (auto added = add(opening); !added) return added;
  Result<void> done = wait_for(opening, *used);
  {
    const std::lock_guard lock(mutex_);
    openings_.remove(opening);
    if (is_quiet()) quiet_.notify_all();
  }
  return done;
}

Result<void> Executor::wait_for(const std::shared_ptr<Opening> &opening, const Backend &used) {
  const TimePoint limit = Clock::now() + start_timeout();
  opening->instances->line_up(opening->context, opening);
  BoundedCall call(services_->threads, [opening, limit] {
    opening->answer = opening->instances->warm_up({opening->context, [limit] { return limit; }});
  });
  if (!call.wait(limit)) {
    opening->stop(StopCause::kStartTimeout);
    if (!call.wait(limit + kStopTime)) {
      opening->instances->abandon(opening->context);
      return used.stuck("instance_open or instance_reset");
    }
  }
  if (auto *refused = std::get_if<Failure>(&opening->answer)) return std::move(*refused);
  const auto *failed = std::get_if<OpenFailure>(&opening->answer);
  if (failed == nullptr) return {};
  if (opening->cause != StopCause::kNone &&
      (failed->status == EXECLET_ABI_CANCELLED || failed->status == EXECLET_ABI_TIMEOUT))
    return failure_of_stop(opening->cause, false, PreparedRequest{}, start_timeout());
  return failure_of_call({failed->status, EXECLET_ABI_OUTCOME_NONE, false}, failed->error, manifest_.name);
}

Result<std::string> Executor::open_session(std::string_view name) {
  if (!name.empty()) {
    auto session = source_for(name);
    if (!session) return std::move(session).failure();
    if (auto opened = open_ahead(*session); !opened) return std::move(opened).failure();
    return (*session)->session_name();
  }
  std::shared_ptr<SessionOwner> owner;
  {
    const std::lock_guard lock(mutex_);
    if (auto may = may_begin(); !may) return std::move(may).failure();
    owner = owner_;
  }
  if (!owner) return closed_failure();
  auto session = sessions_->make_anonymous(owner);
  if (!session) return std::move(session).failure();
  if (auto opened = open_ahead(*session); !opened) {
    // Nobody knows its id, and so nobody is in it. It may be gone already, with its executor.
    if (const auto taken = sessions_->take((*session)->id(), *owner)) (*taken)->end(StopCause::kSessionClosed);
    return std::move(opened).failure();
  }
  return (*session)->id();
}

Result<void> Executor::close_session(std::string_view name) {
  std::shared_ptr<SessionOwner> owner;
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    if (!owner_) return closed_failure();
    owner = owner_;
    if (name == kDefaultSession) {
      if (!default_session_) return no_default_session();
      session = std::exchange(default_session_, std::make_shared<Session>(owner_, std::string(kDefaultSession)));
    }
  }
  if (!session) {
    auto taken = sessions_->take(name, *owner);
    if (!taken) return std::move(taken).failure();
    session = std::move(*taken);
  }
  const TimePoint limit = session->end(StopCause::kSessionClosed) + kStopTime;
  if (session->wait_until_gone(limit)) return {};
  return Failure{
      EXECLET_INTERNAL_ERROR, "plugin.stuck",
      "executor " + core::quoted(name_) + ": the backend did not end session " + core::quoted(name) + " in time"};
}

Failure Executor::no_default_session() const {
  return {EXECLET_INVALID_REQUEST, "session.unknown",
          "executor " + core::quoted(name_) +
              " has no default session: its backend keeps no state, or it has a pool; choose another name"};
}

std::vector<SessionFacts> Executor::sessions() {
  std::vector<SessionFacts> out;
  for (const auto &session : held_sessions()) {
    if (auto facts = session->facts()) out.push_back(*std::move(facts));
  }
  return out;
}

// As long as one lives, what comes is refused.
class Executor::Stopping {
 public:
  explicit Stopping(Executor &executor) : executor_(executor) {
    const std::lock_guard lock(executor_.mutex_);
    ++executor_.stopping_;
  }
  Stopping(const Stopping &) = delete;
  Stopping &operator=(const Stopping &) = delete;
  ~Stopping() {
    const std::lock_guard lock(executor_.mutex_);
    --executor_.stopping_;
  }

 private:
  Executor &executor_;
};

Failure Executor::stuck_failure() const {
  return {EXECLET_INTERNAL_ERROR, "plugin.stuck",
          "executor \"" + name_ + "\": the backend did not end everything in time"};
}

Result<void> Executor::stop() {
  const std::shared_ptr<Backend> used = backend();
  if (!used) return closed_failure();
  const Stopping stopping(*this);
  const bool quiet = wait_until_quiet(cancel_all());
  if (const auto pool = source_for({})) (*pool)->close_all();
  for (const auto &session : held_sessions()) session->close_all();
  const bool unused = used->wait_until_unused(Clock::now() + kStopTime);
  if (quiet && unused) return {};
  return stuck_failure();
}

void Executor::begin_close(TimePoint limit) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  cancel_all();  // also what began since the caller did
  if (!wait_until_quiet(limit)) services_->log.write(EXECLET_LOG_ERROR, name_, stuck_failure().message);
  close_instances();
}

void Executor::close(TimePoint limit) {
  const std::shared_ptr<BackendEnd> end = [&] {
    const std::shared_ptr<Backend> used = backend();
    if (used && !used->wait_until_unused(limit))
      services_->log.write(EXECLET_LOG_ERROR, name_, stuck_failure().message);
    return used ? used->end() : nullptr;
  }();
  if (!end) return;
  {
    std::shared_ptr<SessionOwner> owner;
    std::shared_ptr<Session> session;
    std::shared_ptr<Pool> pool;
    const std::lock_guard lock(mutex_);
    owner.swap(owner_);
    session.swap(default_session_);
    pool.swap(pool_);
  }
  end->wait(limit);
}

void Executor::close_instances() {
  std::shared_ptr<SessionOwner> owner;
  std::shared_ptr<Session> session;
  std::shared_ptr<Pool> pool;
  {
    const std::lock_guard lock(mutex_);
    owner = owner_;
    session = default_session_;
    pool = pool_;
  }
  if (pool) pool->close_all();
  if (session) session->end(StopCause::kClosing);
  if (!owner) return;
  for (const auto &held : sessions_->take_all(*owner)) held->end(StopCause::kClosing);
}

std::vector<std::shared_ptr<Session>> Executor::held_sessions() {
  const std::lock_guard lock(mutex_);
  if (!owner_) return {};
  std::vector<std::shared_ptr<Session>> out = sessions_->of(*owner_);
  if (default_session_) out.insert(out.begin(), default_session_);
  return out;
}

Result<void> Executor::may_begin() const {
  if (closed_) return closed_failure();
  if (stopping_ == 0) return {};
  return Failure{EXECLET_UNAVAILABLE, "executor.stopping",
                 "executor \"" + name_ + "\" is being stopped: try again when that has ended", "{}", true};
}

Result<void> Executor::add(const std::shared_ptr<Execution> &execution) {
  const std::lock_guard lock(mutex_);
  if (auto may = may_begin(); !may) return may;
  execution->position_ = active_.insert(active_.end(), execution);
  execution->listed_ = true;
  return {};
}

Result<void> Executor::add(const std::shared_ptr<Opening> &opening) {
  const std::lock_guard lock(mutex_);
  if (auto may = may_begin(); !may) return may;
  openings_.push_back(opening);
  return {};
}

void Executor::ended(Execution &execution) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(execution.listed_, false)) return;
  active_.erase(execution.position_);
  if (is_quiet()) quiet_.notify_all();
}

TimePoint Executor::cancel_all() {
  std::vector<std::shared_ptr<Execution>> running;
  std::vector<std::shared_ptr<Opening>> opening;
  {
    const std::lock_guard lock(mutex_);
    for (const auto &active : active_) {
      if (auto execution = active.lock()) running.push_back(std::move(execution));
    }
    opening.assign(openings_.begin(), openings_.end());
  }
  Nanoseconds grace{0};
  // The last to come first: or each would begin to run, when the one before it ended, only to be told.
  for (auto execution = running.rbegin(); execution != running.rend(); ++execution) {
    (*execution)->cancel(StopCause::kClosing);
    grace = std::max(grace, (*execution)->kill_grace());
  }
  for (const auto &started : opening) started->stop(StopCause::kClosing);
  TimePoint limit = Clock::now() + grace;
  // In its sessions there may also be somebody who came from another handle of this executor.
  for (const auto &session : held_sessions()) limit = std::max(limit, session->stop_users(StopCause::kClosing));
  return limit + kStopTime;
}

bool Executor::wait_until_quiet(TimePoint limit) {
  std::unique_lock lock(mutex_);
  return quiet_.wait_until(lock, limit, [this] { return is_quiet(); });
}

}  // namespace execlet::core

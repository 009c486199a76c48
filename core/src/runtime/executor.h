// SPDX-License-Identifier: Apache-2.0
//
// A configured, named use of a backend: what a host picks by name and gives requests to.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../base/result.h"
#include "../config/config.h"
#include "../instance/instance_source.h"
#include "../instance/services.h"
#include "../instance/status_table.h"
#include "../loader/manifest.h"
#include "../session/sessions.h"
#include "event_sink.h"
#include "execution.h"
#include "prepared_request.h"

namespace execlet::core {

class Pool;

// Thread-safe.
class Executor final : public ExecutorFacts, public std::enable_shared_from_this<Executor> {
 public:
  // `config` has been through apply_schema. `plugin` lives as long as the process.
  // `sessions` are those of the runtime.
  static Result<std::shared_ptr<Executor>> create(std::shared_ptr<Services> services,
                                                  std::shared_ptr<Sessions> sessions, const execlet_abi_plugin &plugin,
                                                  const Manifest &manifest, const ExecutorConfig &config);
  Executor(std::shared_ptr<Services> services, std::shared_ptr<Sessions> sessions, std::shared_ptr<Backend> backend,
           const Manifest &manifest, const ExecutorConfig &config);
  ~Executor();

  const std::string &name() const override { return name_; }
  const Manifest &manifest() const override { return manifest_; }
  const CoreSettings &settings() const override { return settings_; }
  Languages languages() override;
  bool knows_languages() override;
  Services &services() const { return *services_; }
  Nanoseconds start_timeout() const;

  // Checks the request. The caller then calls run() of the execution, or gives it to submit; with Ask::kLater the
  // backend is asked by who runs it, and never by the caller.
  std::shared_ptr<Execution> begin(std::shared_ptr<const Request> request, EventCallback callback, Ask ask = Ask::kNow);
  void submit(const std::shared_ptr<Execution> &execution);

  Result<void> start();
  // Cancels what runs, waits for it at most its kill grace + 2 s, closes the instances, those of sessions too. What
  // comes meanwhile is refused.
  Result<void> stop();
  // Opens a session ahead of its first use, and returns its id; empty name = an anonymous one. As start; failures
  // about the name as of Sessions::get.
  Result<std::string> open_session(std::string_view name);
  // Cancels what runs in it, waits for that as stop does, and closes it.
  Result<void> close_session(std::string_view name);
  // Those that have an instance or are in use, the default one first.
  std::vector<SessionFacts> sessions();
  Result<std::string> describe();
  Result<std::string> inspect();
  // As stop, in two parts so that several can be closed at once: cancels what runs, waits for it until `limit` and
  // begins to close the instances; then waits for these, and for the backend's end, until another `limit`. Every
  // request afterwards ends as unavailable.
  void begin_close(TimePoint limit);
  void close(TimePoint limit);
  // Returns the time by which all that runs must have ended.
  TimePoint cancel_all();

  // Where the instances of requests to that session come from; empty = of those that name none.
  Result<std::shared_ptr<InstanceSource>> source_for(std::string_view session);
  // For executions: that one has ended.
  void ended(Execution &execution);

 private:
  class Opening;
  class Stopping;

  std::shared_ptr<Backend> backend();
  const std::vector<std::string> *only_languages() const;
  Failure stuck_failure() const;
  Failure no_default_session() const;
  Result<void> add(const std::shared_ptr<Execution> &execution);
  Result<void> add(const std::shared_ptr<Opening> &opening);
  Result<void> open_ahead(const std::shared_ptr<InstanceSource> &instances);
  Result<void> wait_for(const std::shared_ptr<Opening> &opening, const Backend &used);
  std::vector<std::shared_ptr<Session>> held_sessions();
  void close_instances();  // those of sessions for good
  bool wait_until_quiet(TimePoint limit);
  // With the lock held.
  Result<void> may_begin() const;
  bool is_quiet() const { return active_.empty() && openings_.empty(); }

  const std::shared_ptr<Services> services_;
  const std::string name_;
  const Manifest manifest_;
  const CoreSettings settings_;
  const std::shared_ptr<Sessions> sessions_;

  std::mutex mutex_;
  std::condition_variable quiet_;
  bool closed_ = false;
  int stopping_ = 0;                     // of the class Stopping
  std::shared_ptr<SessionOwner> owner_;  // null once closed, and so are these two, of which there is one
  std::shared_ptr<Pool> pool_;
  std::shared_ptr<Session> default_session_;
  std::list<std::weak_ptr<Execution>> active_;
  std::list<std::shared_ptr<Opening>> openings_;

  std::mutex languages_mutex_;
  Languages languages_;  // asked once
};

}  // namespace execlet::core

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
#include "../loader/manifest.h"
#include "event_sink.h"
#include "execution.h"
#include "prepared_request.h"

namespace execlet::core {

// Thread-safe.
class Executor final : public ExecutorFacts, public std::enable_shared_from_this<Executor> {
 public:
  // `config` has been through apply_schema. `plugin` lives as long as the process.
  static Result<std::shared_ptr<Executor>> create(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin,
                                                  const Manifest &manifest, const ExecutorConfig &config);
  Executor(std::shared_ptr<Services> services, std::shared_ptr<Backend> backend, const Manifest &manifest,
           const ExecutorConfig &config);
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
  // Cancels what runs, waits for it at most its kill grace + 2 s, closes the instances. What comes meanwhile is
  // refused.
  Result<void> stop();
  Result<std::string> describe();
  Result<std::string> inspect();
  // As stop, in two parts so that several can be closed at once: cancels what runs, waits for it until `limit` and
  // begins to close the instances; then waits for these, and for the backend's end, until another `limit`. Every
  // request afterwards ends as unavailable.
  void begin_close(TimePoint limit);
  void close(TimePoint limit);
  // Returns the time by which all that runs must have ended.
  TimePoint cancel_all();

  // For executions: where instances come from (null once closed), and that one has ended.
  std::shared_ptr<InstanceSource> source();
  void ended(Execution &execution);

 private:
  class Stopping;
  std::shared_ptr<Backend> backend();
  const std::vector<std::string> *only_languages() const;
  Failure stuck_failure() const;
  Result<void> add(const std::shared_ptr<Execution> &execution);
  bool wait_until_quiet(TimePoint limit);

  const std::shared_ptr<Services> services_;
  const std::string name_;
  const Manifest manifest_;
  const CoreSettings settings_;

  std::mutex mutex_;
  std::condition_variable quiet_;
  bool closed_ = false;
  int stopping_ = 0;  // of the class Stopping
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<InstanceSource> source_;
  std::list<std::weak_ptr<Execution>> active_;

  std::mutex languages_mutex_;
  Languages languages_;  // asked once
};

Failure closed_failure();

}  // namespace execlet::core

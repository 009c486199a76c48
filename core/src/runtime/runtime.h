// SPDX-License-Identifier: Apache-2.0
//
// What a host opens: a configuration, the plugins around it, and the executors in use.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../config/config.h"
#include "../instance/services.h"
#include "../registry/registry.h"
#include "executor.h"

namespace execlet::core {

struct RuntimeOptions {
  std::optional<std::string> config_path;
  std::optional<std::string> config_json;
  std::vector<std::string> plugin_dirs;
  std::int32_t log_level = EXECLET_LOG_WARN;
  LogSink::Function log = nullptr;
  void *log_ctx = nullptr;
};

// Thread-safe.
class Runtime {
 public:
  // Reads the configuration; loads no plugin.
  static Result<std::unique_ptr<Runtime>> open(const RuntimeOptions &options);
  Runtime(Config config, const RuntimeOptions &options);
  Runtime(const Runtime &) = delete;
  Runtime &operator=(const Runtime &) = delete;
  // Cancels what runs and waits for it; a thread that a plugin does not return from is left behind.
  ~Runtime();

  // Absolute; empty if there is no file.
  const std::string &config_path() const { return config_path_; }
  Registry &registry() { return registry_; }
  const Counters &counters() const { return services_->counters; }
  // As in force, secrets hidden.
  std::string config_json();

  // Empty name = the default. Every call with one name gives the same executor.
  Result<std::shared_ptr<Executor>> executor(std::string_view name);
  Result<std::shared_ptr<Executor>> executor_from_json(std::string_view name, std::string_view json);
  // Those of all its executors that have an instance or are in use.
  std::vector<SessionFacts> sessions();
  // The first executor whose options do not fit its backend.
  Result<void> check_config();

 private:
  Result<std::string> default_name() const;
  Result<const ExecutorConfig *> find_config(std::string_view name) const;
  std::vector<std::shared_ptr<Executor>> executors();  // with the lock held
  Result<std::shared_ptr<Executor>> make_executor(const ExecutorConfig &config);

  const Config config_;
  const std::string config_path_;
  const std::shared_ptr<Services> services_;
  const std::shared_ptr<Sessions> sessions_ = std::make_shared<Sessions>();
  Registry registry_;

  std::mutex mutex_;
  // One executor of a name: each is held while that executor's plugin is loaded and set up, `mutex_` never is.
  std::map<std::string, std::shared_ptr<std::mutex>, std::less<>> making_;
  std::map<std::string, std::shared_ptr<Executor>, std::less<>> named_;
  std::vector<std::weak_ptr<Executor>> unnamed_;  // from executor_from_json; they live as long as they are used
};

}  // namespace execlet::core

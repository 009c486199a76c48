// SPDX-License-Identifier: Apache-2.0
//
// One configured use of a plugin: its execlet_abi_executor and the services it was given. Ends with its last instance.
// None of its calls into the plugin lasts longer than its bound: what does not return is left behind on its thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "../base/result.h"
#include "../loader/manifest.h"
#include "call_port.h"
#include "clock.h"
#include "execlet/plugin.h"
#include "services.h"

namespace execlet::core {

// The end of a backend, for whoever dropped it: what a moment later drops it last may be another thread.
class BackendEnd {
 public:
  // False if it has not come by `limit`.
  bool wait(TimePoint limit);
  void reached();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
};

// Thread-safe.
class Backend : public std::enable_shared_from_this<Backend> {
 public:
  struct Config {
    std::string name;  // of the executor
    std::string options_json;
    std::string base_dir;
  };

  // Bounds of what must not block; beyond them, "plugin.stuck".
  static constexpr Nanoseconds kCreateTime = std::chrono::seconds(4);
  static constexpr Nanoseconds kDestroyTime = std::chrono::seconds(1);
  static constexpr Nanoseconds kDescribeTime = std::chrono::seconds(4);
  static constexpr Nanoseconds kInspectTime = std::chrono::seconds(20);

  static Result<std::shared_ptr<Backend>> create(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin,
                                                 const Manifest &manifest, const Config &config);
  Backend(const Backend &) = delete;
  Backend &operator=(const Backend &) = delete;
  ~Backend();

  const execlet_abi_plugin &plugin() const { return plugin_; }
  const Manifest &manifest() const { return manifest_; }
  Services &services() const { return *services_; }
  execlet_abi_executor *executor() const { return executor_; }
  // True if an instance may serve another request after its reset.
  bool reusable() const;
  void log(std::int32_t level, const std::string &message) const;
  const std::shared_ptr<CallFaults> &faults() const { return faults_; }
  // "plugin.stuck": `function` did not return.
  Failure stuck(const char *function) const;

  // Facts as a JSON object (sdk/docs/facts.md): what is quick to tell, and all of it.
  Result<std::string> describe() const;
  Result<std::string> inspect() const;

  // Count of instances that exist; for orderly ends.
  void instance_opened();
  void instance_closed();
  // False if instances are left at `limit`.
  bool wait_until_unused(TimePoint limit);
  // Reached when the plugin's executor is destroyed, or its plugin does not return from that.
  const std::shared_ptr<BackendEnd> &end() const { return end_; }

 private:
  Backend(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin, const Manifest &manifest);
  struct Question;
  Result<std::string> ask(const Question &question) const;
  static void destroy(Backend *backend);

  std::shared_ptr<Services> services_;
  const execlet_abi_plugin &plugin_;
  const Manifest manifest_;
  const std::shared_ptr<CallFaults> faults_;
  const std::shared_ptr<BackendEnd> end_ = std::make_shared<BackendEnd>();
  execlet_abi_host host_;
  execlet_abi_executor *executor_ = nullptr;

  std::mutex mutex_;
  std::condition_variable unused_;
  std::size_t instances_ = 0;
  mutable std::atomic<int> stuck_answers_{0};
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "runtime.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "../values/json_words.h"
#include "../values/nearest_name.h"

namespace execlet::core {
namespace {

constexpr Nanoseconds kCloseTime = std::chrono::seconds(2);  // for instances and executors
constexpr Nanoseconds kHousekeepingTime = std::chrono::seconds(2);

Result<Config> read_config(const RuntimeOptions &options) {
  if (options.config_path && options.config_json)
    return Failure{EXECLET_INVALID_REQUEST, "config.two-sources",
                   "both a configuration file and a configuration text are given; give one"};
  if (options.config_path) return Config::from_file(*options.config_path);
  if (options.config_json) return Config::from_text(*options.config_json, {});
  return Config::search();
}

std::string absolute_path(const std::filesystem::path &path) {
  std::error_code error;  // the working directory may be gone
  const std::filesystem::path absolute = path.empty() ? path : std::filesystem::absolute(path, error);
  return (error ? path : absolute).lexically_normal().native();
}

std::string names_of(const Config &config) {
  std::string out;
  for (const auto &[name, executor] : config.executors) out.append(out.empty() ? "" : ", ").append(name);
  return out.empty() ? "the configuration has no executors" : "executors are " + out;
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::open(const RuntimeOptions &options) {
  Result<Config> config = read_config(options);
  if (!config) return std::move(config).failure();
  return std::make_unique<Runtime>(std::move(*config), options);
}

Runtime::Runtime(Config config, const RuntimeOptions &options)
    : config_(std::move(config)),
      config_path_(absolute_path(config_.source)),
      services_(std::make_shared<Services>(options.log, options.log_ctx, options.log_level)),
      registry_(plugin_search_path(options.plugin_dirs, config_.plugin_dirs)) {}

Runtime::~Runtime() {
  std::vector<std::shared_ptr<Executor>> executors;
  {
    const std::lock_guard lock(mutex_);
    executors = this->executors();
    named_.clear();
  }
  // Together, so that the wait for one that is stuck is the wait for all.
  TimePoint limit{};
  for (const auto &executor : executors) limit = std::max(limit, executor->cancel_all());
  for (const auto &executor : executors) executor->begin_close(limit);
  limit = Clock::now() + kCloseTime;
  for (const auto &executor : executors) executor->close(limit);
  executors.clear();
  const std::size_t held_back = services_->threads.close(Clock::now() + kHousekeepingTime);
  services_->deadlines.close();
  services_->wake_fds.close();
  if (held_back != 0)
    services_->log.write(EXECLET_LOG_ERROR, "core",
                         std::to_string(held_back) + " threads are held back by plugins and left behind");
  services_->log.close();
}

std::vector<std::shared_ptr<Executor>> Runtime::executors() {
  std::vector<std::shared_ptr<Executor>> out;
  for (const auto &[name, executor] : named_) out.push_back(executor);
  for (const auto &unnamed : unnamed_) {
    if (auto executor = unnamed.lock()) out.push_back(std::move(executor));
  }
  return out;
}

std::vector<SessionFacts> Runtime::sessions() {
  std::vector<std::shared_ptr<Executor>> asked;
  {
    const std::lock_guard lock(mutex_);
    asked = executors();
  }
  std::vector<SessionFacts> out;
  for (const auto &executor : asked) {
    for (SessionFacts &facts : executor->sessions()) out.push_back(std::move(facts));
  }
  return out;
}

Result<std::shared_ptr<Executor>> Runtime::executor(std::string_view name) {
  std::string chosen(name);
  if (chosen.empty()) {
    auto found = default_name();
    if (!found) return std::move(found).failure();
    chosen = std::move(*found);
  }
  const auto config = find_config(chosen);
  if (!config) return config.failure();
  std::shared_ptr<std::mutex> making;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<std::mutex> &known = making_[chosen];
    if (!known) known = std::make_shared<std::mutex>();
    making = known;
  }
  const std::lock_guard one_at_a_time(*making);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = named_.find(chosen); found != named_.end()) return found->second;
  }
  auto executor = make_executor(**config);
  if (!executor) return executor;
  const std::lock_guard lock(mutex_);
  named_.emplace(std::move(chosen), *executor);
  return executor;
}

Result<std::shared_ptr<Executor>> Runtime::executor_from_json(std::string_view name, std::string_view json) {
  const auto config = Config::executor_from_text(name, json, {});
  if (!config) return config.failure();
  auto executor = make_executor(*config);
  if (!executor) return executor;
  const std::lock_guard lock(mutex_);
  unnamed_.erase(std::remove_if(unnamed_.begin(), unnamed_.end(), [](const auto &weak) { return weak.expired(); }),
                 unnamed_.end());
  unnamed_.push_back(*executor);
  return executor;
}

std::string Runtime::config_json() {
  // Which options are secret is said by the schemas of the backends in use, as far as these are there.
  std::map<std::string, boost::json::value, std::less<>> schemas;
  for (const auto &[name, config] : config_.executors) {
    if (const auto manifest = registry_.manifest(config.backend))
      schemas[config.backend] = manifest.value().options_schema;
  }
  return config_.to_json([&](std::string_view backend) -> const boost::json::value * {
    const auto found = schemas.find(backend);
    return found == schemas.end() ? nullptr : &found->second;
  });
}

Result<void> Runtime::check_config() {
  for (const auto &[name, config] : config_.executors) {
    const auto manifest = registry_.manifest(config.backend);
    if (!manifest) return placed_in_config(config, "/backend", manifest.failure());
    if (const auto applied = apply_schema(config, *manifest); !applied) return applied.failure();
  }
  // What no schema can say is the plugin's to judge.
  for (const auto &[name, config] : config_.executors)
    if (const auto made = executor(name); !made) return made.failure();
  return {};
}

Result<std::string> Runtime::default_name() const {
  if (!config_.default_executor.empty()) return config_.default_executor;
  if (config_.executors.size() == 1) return config_.executors.begin()->first;
  return Failure{EXECLET_INVALID_REQUEST, "executor.no-default",
                 "no executor was named and the configuration names no `default`; " + names_of(config_)};
}

Result<const ExecutorConfig *> Runtime::find_config(std::string_view name) const {
  const auto found = config_.executors.find(name);
  if (found != config_.executors.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto &[known_name, executor] : config_.executors) known.push_back(known_name);
  const std::string nearest = nearest_name(name, known);
  return Failure{EXECLET_INVALID_REQUEST, "executor.unknown",
                 "there is no executor " + core::quoted(name) +
                     (nearest.empty() ? "" : "; did you mean " + core::quoted(nearest) + "?") + " (" +
                     names_of(config_) + (config_path_.empty() ? std::string() : " in " + config_path_) + ")"};
}

Result<std::shared_ptr<Executor>> Runtime::make_executor(const ExecutorConfig &config) {
  const auto manifest = registry_.manifest(config.backend);
  if (!manifest) return placed_in_config(config, "/backend", manifest.failure());
  auto applied = apply_schema(config, *manifest);
  if (!applied) return std::move(applied).failure();
  const auto library = registry_.load(config.backend);
  if (!library) return library.failure();
  auto executor = Executor::create(services_, sessions_, (*library)->table(), *manifest, *applied);
  if (!executor && executor.failure().status == EXECLET_INVALID_REQUEST)
    return placed_in_config(config, "/options", std::move(executor).failure());
  return executor;
}

}  // namespace execlet::core

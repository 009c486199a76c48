// SPDX-License-Identifier: Apache-2.0
#include "executor.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "../instance/backend.h"
#include "../instance/bounded_call.h"
#include "../instance/status_table.h"
#include "../pool/pool.h"
#include "../session/session.h"

namespace execlet::core {
namespace {

constexpr double kDefaultStartTimeout = 60;
constexpr Nanoseconds kStopTime = std::chrono::seconds(2);  // beyond the kill grace

// What {"languages": [{"name", "available"}]} says.
Languages read_languages(std::string_view description) {
  Languages out;
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(description, error);
  const auto *object = error ? nullptr : value.if_object();
  const auto *languages = object ? object->if_contains("languages") : nullptr;
  if (!languages || !languages->is_array()) return out;
  for (const boost::json::value &language : languages->get_array()) {
    const auto *facts = language.if_object();
    const auto *name = facts ? facts->if_contains("name") : nullptr;
    const auto *available = facts ? facts->if_contains("available") : nullptr;
    if (!name || !name->is_string()) continue;
    out.configured.emplace_back(name->get_string().c_str());
    if (!(available && available->is_bool() && !available->get_bool())) out.usable.push_back(out.configured.back());
  }
  return out;
}

// What a request without limits of its own needs of an instance.
InstanceKey default_key(const Manifest &manifest, const RequestLimits &limits) {
  InstanceKey key;
  for (std::size_t kind = 0; kind < limits.size(); ++kind) {
    if (manifest.capabilities.limits[kind].scope == LimitScope::kInstance) key.limits[kind] = limits[kind];
  }
  return key;
}

Nanoseconds start_timeout_of(const CoreSettings &settings) {
  return to_nanoseconds(settings.startup_timeout.value_or(kDefaultStartTimeout));
}

// Where requests run: a backend that keeps state has one session for them all, unless a pool is asked for.
std::shared_ptr<InstanceSource> make_source(const std::shared_ptr<Backend> &backend, const CoreSettings &settings) {
  InstanceKey key = default_key(backend->manifest(), settings.limits);
  if (backend->manifest().capabilities.persistent_state && !settings.pool)
    return std::make_shared<Session>(backend, std::move(key), "default");
  return std::make_shared<Pool>(backend, pool_policy(settings.pool, key, start_timeout_of(settings)));
}

}  // namespace

Failure closed_failure() {
  return {EXECLET_UNAVAILABLE, "runtime.closed", "the runtime is closed; open a new one"};
}

Executor::Executor(std::shared_ptr<Services> services, std::shared_ptr<Backend> backend, const Manifest &manifest,
                   const ExecutorConfig &config)
    : services_(std::move(services)),
      name_(config.name),
      manifest_(manifest),
      settings_(config.core),
      backend_(std::move(backend)),
      source_(make_source(backend_, settings_)) {}

Executor::~Executor() {
  if (source_) source_->close_all();
}

Result<std::shared_ptr<Executor>> Executor::create(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin,
                                                   const Manifest &manifest, const ExecutorConfig &config) {
  Backend::Config backend_config{config.name, boost::json::serialize(config.options), config.base_dir.native()};
  auto backend = Backend::create(services, plugin, manifest, backend_config);
  if (!backend) return std::move(backend).failure();
  return std::make_shared<Executor>(std::move(services), std::move(*backend), manifest, config);
}

Nanoseconds Executor::start_timeout() const {
  return start_timeout_of(settings_);
}

// Those that need not be asked for, or null.
const std::vector<std::string> *Executor::only_languages() const {
  const std::vector<std::string> &declared = manifest_.capabilities.languages;
  return declared.size() == 1 && declared.front() != "*" ? &declared : nullptr;
}

Languages Executor::languages() {
  if (const auto *only = only_languages()) return {*only, *only};
  const std::lock_guard lock(languages_mutex_);
  if (languages_.configured.empty()) {
    if (const auto description = describe()) languages_ = read_languages(*description);
  }
  if (!languages_.configured.empty()) return languages_;
  std::vector<std::string> fallback = manifest_.capabilities.languages;
  fallback.erase(std::remove(fallback.begin(), fallback.end(), "*"), fallback.end());
  return {fallback, fallback};
}

bool Executor::knows_languages() {
  if (only_languages() != nullptr) return true;
  const std::unique_lock lock(languages_mutex_, std::try_to_lock);  // held while somebody asks
  return lock.owns_lock() && !languages_.configured.empty();
}

std::shared_ptr<Execution> Executor::begin(std::shared_ptr<const Request> request, EventCallback callback, Ask ask) {
  const auto self = shared_from_this();
  if (!source()) return std::make_shared<Execution>(self, closed_failure());
  auto prepared = prepare_request(std::move(request), *this, ask);
  if (!prepared) return std::make_shared<Execution>(self, std::move(prepared).failure());
  auto execution = std::make_shared<Execution>(self, std::move(*prepared), callback);
  if (auto ready = execution->prepare(); !ready)
    execution->fail(std::move(ready).failure());
  else if (auto added = add(execution); !added)
    execution->fail(std::move(added).failure());
  return execution;
}

void Executor::submit(const std::shared_ptr<Execution> &execution) {
  execution->queue();
  if (!services_->threads.post([execution] { execution->run(); }))
    execution->fail({EXECLET_UNAVAILABLE, "host.threads", "the host has no thread to run this on", "{}", true});
}

namespace {

// One start; shared with a thread that may be left behind with it.
struct Start {
  Start(std::shared_ptr<Services> shared, std::shared_ptr<InstanceSource> warmed)
      : services(std::move(shared)), instances(std::move(warmed)), context(services->wake_fds, nullptr, nullptr) {}

  const std::shared_ptr<Services> services;
  const std::shared_ptr<InstanceSource> instances;
  CallContext context;
  LeaseAnswer answer;
};

}  // namespace

Result<void> Executor::start() {
  const std::shared_ptr<InstanceSource> instances = source();
  const std::shared_ptr<Backend> used = backend();
  if (!instances || !used) return closed_failure();
  const TimePoint limit = Clock::now() + start_timeout();
  const auto start = std::make_shared<Start>(services_, instances);
  if (!start->context.acquire_wake_fd()) return no_descriptor_failure();
  BoundedCall call(services_->threads, [start, limit] {
    start->answer = start->instances->warm_up({start->context, [limit] { return limit; }});
  });
  if (!call.wait(limit)) {
    start->context.raise(EXECLET_ABI_CANCEL_KILL);
    if (!call.wait(limit + kStopTime)) {
      instances->abandon(start->context);
      return used->stuck("instance_open or instance_reset");
    }
  }
  if (auto *refused = std::get_if<Failure>(&start->answer)) return std::move(*refused);
  const auto *failed = std::get_if<OpenFailure>(&start->answer);
  if (failed == nullptr) return {};
  const bool late = start->context.level() != EXECLET_ABI_CANCEL_NONE;
  return failure_of_call(
      {failed->status, EXECLET_ABI_OUTCOME_NONE, false, late ? StopCause::kStartTimeout : StopCause::kNone},
      failed->error, manifest_.name);
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
  const std::shared_ptr<InstanceSource> instances = source();
  const std::shared_ptr<Backend> used = backend();
  if (!instances || !used) return closed_failure();
  const Stopping stopping(*this);
  const bool quiet = wait_until_quiet(cancel_all());
  instances->close_all();
  const bool unused = used->wait_until_unused(Clock::now() + kStopTime);
  if (quiet && unused) return {};
  return stuck_failure();
}

Result<std::string> Executor::describe() {
  const std::shared_ptr<Backend> described = backend();
  if (!described) return closed_failure();
  return described->describe();
}

Result<std::string> Executor::inspect() {
  const std::shared_ptr<Backend> inspected = backend();
  if (!inspected) return closed_failure();
  return inspected->inspect();
}

void Executor::begin_close(TimePoint limit) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  cancel_all();  // also what began since the caller did
  if (!wait_until_quiet(limit)) services_->log.write(EXECLET_LOG_ERROR, name_, stuck_failure().message);
  source()->close_all();
}

void Executor::close(TimePoint limit) {
  std::shared_ptr<InstanceSource> source;
  std::shared_ptr<Backend> backend;
  {
    const std::lock_guard lock(mutex_);
    source.swap(source_);
    backend.swap(backend_);
  }
  if (!backend) return;
  if (!backend->wait_until_unused(limit)) services_->log.write(EXECLET_LOG_ERROR, name_, stuck_failure().message);
  const std::shared_ptr<BackendEnd> end = backend->end();
  source.reset();
  backend.reset();
  end->wait(limit);
}

std::shared_ptr<InstanceSource> Executor::source() {
  const std::lock_guard lock(mutex_);
  return source_;
}

std::shared_ptr<Backend> Executor::backend() {
  const std::lock_guard lock(mutex_);
  return backend_;
}

Result<void> Executor::add(const std::shared_ptr<Execution> &execution) {
  const std::lock_guard lock(mutex_);
  if (closed_) return closed_failure();
  if (stopping_ != 0)
    return Failure{EXECLET_UNAVAILABLE, "executor.stopping",
                   "executor \"" + name_ + "\" is being stopped: try again when that has ended", "{}", true};
  execution->position_ = active_.insert(active_.end(), execution);
  execution->listed_ = true;
  return {};
}

void Executor::ended(Execution &execution) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(execution.listed_, false)) return;
  active_.erase(execution.position_);
  if (active_.empty()) quiet_.notify_all();
}

TimePoint Executor::cancel_all() {
  std::vector<std::shared_ptr<Execution>> running;
  {
    const std::lock_guard lock(mutex_);
    for (const auto &active : active_) {
      if (auto execution = active.lock()) running.push_back(std::move(execution));
    }
  }
  Nanoseconds grace{0};
  for (const auto &execution : running) {
    execution->cancel(StopCause::kClosing);
    grace = std::max(grace, execution->kill_grace());
  }
  return Clock::now() + grace + kStopTime;
}

bool Executor::wait_until_quiet(TimePoint limit) {
  std::unique_lock lock(mutex_);
  return quiet_.wait_until(lock, limit, [this] { return active_.empty(); });
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "executor.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "../instance/backend.h"
#include "../pool/pool.h"
#include "../session/session_name.h"
#include "request_failure.h"

namespace execlet::core {
namespace {

constexpr double kDefaultStartTimeout = 60;

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

// Where requests run that name no session. Null: a backend that keeps state has one session for them all, unless a pool
// is asked for.
std::shared_ptr<Pool> make_pool(const std::shared_ptr<SessionOwner> &owner, const CoreSettings &settings) {
  if (owner->backend().manifest().capabilities.persistent_state && !settings.pool) return nullptr;
  return std::make_shared<Pool>(owner->shared_backend(),
                                pool_policy(settings.pool, owner->key(), start_timeout_of(settings)));
}

}  // namespace

Executor::Executor(std::shared_ptr<Services> services, std::shared_ptr<Sessions> sessions,
                   std::shared_ptr<Backend> backend, const Manifest &manifest, const ExecutorConfig &config)
    : services_(std::move(services)),
      name_(config.name),
      manifest_(manifest),
      settings_(config.core),
      sessions_(std::move(sessions)),
      owner_(std::make_shared<SessionOwner>(name_, options_digest(config), std::move(backend),
                                            default_key(manifest_, settings_.limits),
                                            SessionPolicy(settings_.session))),
      pool_(make_pool(owner_, settings_)) {
  if (!pool_) default_session_ = std::make_shared<Session>(owner_, std::string(kDefaultSession));
}

Executor::~Executor() {
  close_instances();
}

Result<std::shared_ptr<Executor>> Executor::create(std::shared_ptr<Services> services,
                                                   std::shared_ptr<Sessions> sessions, const execlet_abi_plugin &plugin,
                                                   const Manifest &manifest, const ExecutorConfig &config) {
  Backend::Config backend_config{config.name, boost::json::serialize(config.options), config.base_dir.native()};
  auto backend = Backend::create(services, plugin, manifest, backend_config);
  if (!backend) return std::move(backend).failure();
  return std::make_shared<Executor>(std::move(services), std::move(sessions), std::move(*backend), manifest, config);
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
  if (!backend()) return std::make_shared<Execution>(self, closed_failure());
  const std::string session = request->session;
  auto prepared = prepare_request(std::move(request), *this, ask);
  if (!prepared) return std::make_shared<Execution>(self, std::move(prepared).failure());
  auto execution = std::make_shared<Execution>(self, std::move(*prepared), callback);
  if (auto ready = execution->prepare(); !ready)
    execution->fail(std::move(ready).failure());
  else if (auto added = add(execution); !added)
    execution->fail(std::move(added).failure());
  else if (auto found = source_for(session); !found)
    execution->fail(session.empty() ? std::move(found).failure() : at_pointer("/session", std::move(found).failure()));
  else
    execution->enter(std::move(*found));
  return execution;
}

void Executor::submit(const std::shared_ptr<Execution> &execution) {
  execution->queue();
  if (!services_->threads.post([execution] { execution->run(); }))
    execution->fail({EXECLET_UNAVAILABLE, "host.threads", "the host has no thread to run this on", "{}", true});
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

Result<std::shared_ptr<InstanceSource>> Executor::source_for(std::string_view session) {
  std::shared_ptr<SessionOwner> owner;
  {
    const std::lock_guard lock(mutex_);
    if (!owner_) return closed_failure();
    if (session.empty() && pool_) return std::shared_ptr<InstanceSource>(pool_);
    if ((session.empty() || session == kDefaultSession) && default_session_)
      return std::shared_ptr<InstanceSource>(default_session_);
    owner = owner_;
  }
  if (session == kDefaultSession) return no_default_session();
  auto found = sessions_->get(session, owner);
  if (!found) return std::move(found).failure();
  return std::shared_ptr<InstanceSource>(std::move(*found));
}

std::shared_ptr<Backend> Executor::backend() {
  const std::lock_guard lock(mutex_);
  return owner_ ? owner_->shared_backend() : nullptr;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "backend.h"

#include <utility>

#include "../loader/abi_text.h"
#include "../loader/host_table.h"
#include "../loader/plugin_error.h"
#include "bounded_call.h"
#include "call_context.h"
#include "contained_call.h"
#include "facts.h"
#include "status_table.h"

namespace execlet::core {
namespace {

// Between the request to end a call and giving it up.
constexpr Nanoseconds kAnswerGrace = std::chrono::milliseconds(500);

}  // namespace

bool BackendEnd::wait(TimePoint limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, limit, [this] { return reached_; });
}

void BackendEnd::reached() {
  const std::lock_guard lock(mutex_);
  reached_ = true;
  changed_.notify_all();
}

Backend::Backend(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin, const Manifest &manifest)
    : services_(std::move(services)),
      plugin_(plugin),
      manifest_(manifest),
      faults_(std::make_shared<CallFaults>(services_, manifest_.name)),
      host_(make_host_table(services_->log)) {}

Backend::~Backend() {
  if (!executor_) return;
  PluginError error;
  const execlet_abi_status status = contained(error, [this] {
    plugin_.executor_destroy(executor_);
    return EXECLET_ABI_OK;
  });
  if (status != EXECLET_ABI_OK) log(EXECLET_LOG_ERROR, "executor_destroy: " + error.message);
}

// On another thread: whoever drops the last reference does not wait for a plugin that does not return.
void Backend::destroy(Backend *backend) {
  const std::shared_ptr<Services> services = backend->services_;
  const std::shared_ptr<BackendEnd> end = backend->end_;
  const std::string name = backend->manifest_.name;
  BoundedCall call(services->threads, [backend] { delete backend; });
  if (!call.wait(Clock::now() + kDestroyTime))
    services->log.write(EXECLET_LOG_ERROR, name, "executor_destroy does not return; its thread is left behind");
  end->reached();
}

namespace {

// What making one takes; shared with a thread that may be left behind with it.
struct Creation {
  std::shared_ptr<Backend> backend;
  Backend::Config config;
  execlet_abi_executor *executor = nullptr;
  execlet_abi_status status = EXECLET_ABI_INTERNAL;
  PluginError error;
};

}  // namespace

Result<std::shared_ptr<Backend>> Backend::create(std::shared_ptr<Services> services, const execlet_abi_plugin &plugin,
                                                 const Manifest &manifest, const Config &config) {
  const auto creation = std::make_shared<Creation>();
  creation->backend.reset(new Backend(std::move(services), plugin, manifest), &Backend::destroy);
  creation->config = config;
  BoundedCall call(creation->backend->services_->threads, [creation] {
    Backend &made = *creation->backend;
    execlet_abi_executor_config raw{};
    raw.struct_size = sizeof raw;
    raw.name = borrow(creation->config.name);
    raw.options_json = borrow(creation->config.options_json);
    raw.base_dir = borrow(creation->config.base_dir);
    creation->status = contained(creation->error, [&] {
      return made.plugin_.executor_create(&made.host_, &raw, &creation->executor, &creation->error);
    });
    if (creation->status == EXECLET_ABI_OK) made.executor_ = creation->executor;
  });
  if (!call.wait(Clock::now() + kCreateTime)) return creation->backend->stuck("executor_create");
  if (creation->backend->executor_) return std::move(creation->backend);
  return failure_of_call({creation->status, EXECLET_ABI_OUTCOME_NONE, false}, creation->error, manifest.name);
}

Failure Backend::stuck(const char *function) const {
  Failure failure{EXECLET_INTERNAL_ERROR, "plugin.stuck",
                  "backend \"" + manifest_.name + "\" does not return from " + function +
                      "; the thread that called it is left behind"};
  log(EXECLET_LOG_ERROR, failure.message);
  return failure;
}

bool Backend::reusable() const {
  if (!plugin_.instance_reset) return false;
  switch (manifest_.capabilities.reset) {
    case Reset::kClean:
      return true;
    case Reset::kProcess:
      return manifest_.capabilities.isolation == Isolation::kNone ||
             manifest_.capabilities.isolation == Isolation::kProcess;
    case Reset::kNone:
      return false;
  }
  return false;
}

void Backend::log(std::int32_t level, const std::string &message) const {
  if (services_->log.enabled(level)) services_->log.write(level, manifest_.name, message);
}

using Tell = decltype(execlet_abi_plugin::executor_describe);

struct Backend::Question {
  const char *function;  // for messages
  Nanoseconds time;
  Tell (*find)(const execlet_abi_plugin &plugin);  // part of what may not return
};

namespace {

Tell find_describe(const execlet_abi_plugin &plugin) {
  return plugin.executor_describe;
}

Tell find_inspect(const execlet_abi_plugin &plugin) {
  const void *extension = plugin.get_extension ? plugin.get_extension(EXECLET_ABI_EXTENSION_INSPECT) : nullptr;
  const auto *inspect = static_cast<const execlet_abi_inspect *>(extension);
  if (!inspect || !EXECLET_ABI_HAS(inspect, execlet_abi_inspect, executor_inspect) || !inspect->executor_inspect)
    return find_describe(plugin);
  return inspect->executor_inspect;
}

// What one question takes; shared with a thread that may be left behind with it.
struct Answer {
  explicit Answer(std::shared_ptr<const Backend> asked)
      : backend(std::move(asked)), context(backend->services().wake_fds, nullptr, nullptr) {}

  void ask(Tell (*find)(const execlet_abi_plugin &), TimePoint limit) {
    const auto take = [](void *ctx, execlet_abi_str text) { *static_cast<std::string *>(ctx) = copy(text); };
    const CallContext::OpenCall call = context.open_call(limit, backend->faults());
    status = contained(error, [&] {
      const Tell tell = find(backend->plugin());
      return tell ? tell(backend->executor(), call.get(), take, &told, &error) : EXECLET_ABI_OK;
    });
  }

  const std::shared_ptr<const Backend> backend;
  CallContext context;
  execlet_abi_status status = EXECLET_ABI_INTERNAL;
  std::string told;
  PluginError error;
  enum class End { kNone, kReturned, kGivenUp };
  std::atomic<End> end{End::kNone};
};

}  // namespace

Result<std::string> Backend::describe() const {
  return ask({"executor_describe", kDescribeTime, &find_describe});
}

Result<std::string> Backend::inspect() const {
  return ask({"executor_inspect", kInspectTime, &find_inspect});
}

Result<std::string> Backend::ask(const Question &question) const {
  // Every further question would cost another thread.
  if (stuck_answers_ != 0) return stuck(question.function);
  const TimePoint limit = Clock::now() + question.time;
  const auto answer = std::make_shared<Answer>(shared_from_this());
  // A backend may sleep on it, and would then not see that it is asked to stop.
  if (!answer->context.acquire_wake_fd()) return no_descriptor_failure();
  BoundedCall call(services_->threads, [answer, limit, find = question.find] {
    answer->ask(find, limit);
    if (answer->end.exchange(Answer::End::kReturned) == Answer::End::kGivenUp) --answer->backend->stuck_answers_;
  });
  if (!call.wait(limit)) {
    answer->context.raise(EXECLET_ABI_CANCEL_KILL);
    if (!call.wait(limit + kAnswerGrace)) {
      ++stuck_answers_;
      if (answer->end.exchange(Answer::End::kGivenUp) == Answer::End::kReturned) --stuck_answers_;
      return stuck(question.function);
    }
  }
  if (answer->status == EXECLET_ABI_OK) return complete_facts(answer->told, manifest_);
  if (answer->context.level() != EXECLET_ABI_CANCEL_NONE)
    return Failure{EXECLET_UNAVAILABLE, "describe.timeout",
                   "backend \"" + manifest_.name + "\" did not describe itself in time", "{}", true};
  return failure_of_call({answer->status, EXECLET_ABI_OUTCOME_NONE, false}, answer->error, manifest_.name);
}

void Backend::instance_opened() {
  count(services_->counters.instances_opened);
  const std::lock_guard lock(mutex_);
  ++instances_;
}

void Backend::instance_closed() {
  count(services_->counters.instances_closed);
  // Notified under the lock: whoever waits may drop the last reference as soon as it is released.
  const std::lock_guard lock(mutex_);
  if (--instances_ == 0) unused_.notify_all();
}

bool Backend::wait_until_unused(TimePoint limit) {
  std::unique_lock lock(mutex_);
  return unused_.wait_until(lock, limit, [this] { return instances_ == 0; });
}

}  // namespace execlet::core

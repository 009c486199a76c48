// SPDX-License-Identifier: Apache-2.0
//
// C++17 glue over the plugin ABI: derive from Executor and Instance, put EXECLET_PLUGIN(MyExecutor) in one file.
//
// What it does for you: noexcept trampolines that turn an escaping exception into INTERNAL "plugin.exception", views
// for borrowed text, event builders. It keeps no state of its own and needs only the standard library.
#ifndef EXECLET_PLUGIN_HPP
#define EXECLET_PLUGIN_HPP

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "plugin.h"

namespace execlet::plugin {

inline std::string_view view(execlet_abi_str text) {
  return {text.data, static_cast<std::size_t>(text.size)};
}
inline execlet_abi_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}

// The outcome of an ABI call: a code and, unless it is OK, why. `reason` is a stable dotted word; an empty one
// leaves what a host service (helper_path) has said. OK costs no more than a number.
class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(execlet_abi_status code, std::string reason, std::string message, std::string details_json = {})
      : code_(code),
        why_(std::make_shared<const Why>(Why{std::move(reason), std::move(message), std::move(details_json)})) {}

  bool ok() const { return code_ == EXECLET_ABI_OK; }
  execlet_abi_status code() const { return code_; }
  const std::string &reason() const { return why().reason; }
  const std::string &message() const { return why().message; }
  const std::string &details_json() const { return why().details_json; }

 private:
  struct Why {
    std::string reason, message, details_json;
  };
  const Why &why() const {
    static const Why none;
    return why_ ? *why_ : none;
  }

  execlet_abi_status code_ = EXECLET_ABI_OK;
  std::shared_ptr<const Why> why_;
};

// The host's services. A thin view; copy it freely while the executor lives.
class Host {
 public:
  explicit Host(const execlet_abi_host *table) : table_(table) {}

  bool log_enabled(execlet_abi_log_level level) const { return table_->log_enabled(table_->ctx, level) != 0; }
  void log(execlet_abi_log_level level, std::string_view component, std::string_view message) const {
    table_->log(table_->ctx, level, borrow(component), borrow(message));
  }
  // Path of a helper program of this installation. On failure `error` receives the paths tried.
  execlet_abi_status helper_path(std::string_view name, std::string &path, execlet_abi_error *error) const {
    char buffer[4096];
    const execlet_abi_status status = table_->helper_path(table_->ctx, borrow(name), buffer, sizeof buffer, error);
    if (status == EXECLET_ABI_OK) path = buffer;
    return status;
  }
  const execlet_abi_host *table() const { return table_; }

 private:
  const execlet_abi_host *table_;
};

// The call context. emit_* return false when the producer should stop.
class Call {
 public:
  Call(const execlet_abi_call *table, const execlet_abi_host *host, execlet_abi_error *error)
      : table_(table), host_(host), error_(error) {}

  int wake_fd() const { return table_->wake_fd; }
  std::uint64_t deadline_ns() const { return table_->deadline_ns; }
  execlet_abi_cancel cancelled() const { return table_->cancelled(table_->ctx); }
  execlet_abi_status read_input(char *buffer, std::size_t capacity, std::size_t &size) const {
    std::uint64_t got = 0;
    const execlet_abi_status status = table_->read_input(table_->ctx, buffer, capacity, &got);
    size = static_cast<std::size_t>(got);
    return status;
  }

  bool emit(const execlet_abi_event &event) const { return table_->emit(table_->ctx, &event) == EXECLET_ABI_OK; }
  bool emit_started(std::uint64_t time_ns = 0) const {
    return emit(head<execlet_abi_event>(EXECLET_ABI_EVENT_STARTED, time_ns));
  }
  bool emit_output(int stream, std::string_view data) const {
    execlet_abi_output_event event{};
    event.head = head<execlet_abi_output_event>(EXECLET_ABI_EVENT_OUTPUT);
    event.stream = stream;
    event.data = borrow(data);
    return emit(event.head);
  }
  // Only beyond the first request.output_wanted bytes of the stream.
  bool emit_output_skipped(int stream, std::uint64_t bytes) const {
    execlet_abi_output_skipped_event event{};
    event.head = head<execlet_abi_output_skipped_event>(EXECLET_ABI_EVENT_OUTPUT_SKIPPED);
    event.stream = stream;
    event.bytes = bytes;
    return emit(event.head);
  }
  bool emit_limit(execlet_abi_limit limit, std::uint64_t enforced, std::string_view how) const {
    execlet_abi_limit_event event{};
    event.head = head<execlet_abi_limit_event>(EXECLET_ABI_EVENT_LIMIT);
    event.limit = limit;
    event.enforced = enforced;
    event.how = borrow(how);
    return emit(event.head);
  }
  bool emit_notice(std::string_view code, std::string_view text) const {
    execlet_abi_notice_event event{};
    event.head = head<execlet_abi_notice_event>(EXECLET_ABI_EVENT_NOTICE);
    event.code = borrow(code);
    event.text = borrow(text);
    return emit(event.head);
  }
  bool emit_progress(std::string_view stage, std::string_view text, std::uint64_t current, std::uint64_t total) const {
    execlet_abi_progress_event event{};
    event.head = head<execlet_abi_progress_event>(EXECLET_ABI_EVENT_PROGRESS);
    event.stage = borrow(stage);
    event.text = borrow(text);
    event.current = current;
    event.total = total;
    return emit(event.head);
  }

  // One MIME bundle. With EXECLET_ABI_DISPLAY_… in `flags` it is the value of the code, or an update of `display_id`.
  bool emit_display(const std::vector<execlet_abi_mime_part> &parts, std::string_view metadata_json = {},
                    std::string_view display_id = {}, std::uint32_t flags = 0) const {
    execlet_abi_display_event event{};
    event.head = head<execlet_abi_display_event>(EXECLET_ABI_EVENT_DISPLAY);
    event.head.flags = flags;
    event.display_id = borrow(display_id);
    event.parts = parts.data();
    event.part_count = parts.size();
    event.metadata_json = borrow(metadata_json);
    return emit(event.head);
  }
  bool emit_user_error(std::string_view name, std::string_view message, std::string_view traceback) const {
    execlet_abi_user_error_event event{};
    event.head = head<execlet_abi_user_error_event>(EXECLET_ABI_EVENT_USER_ERROR);
    event.name = borrow(name);
    event.message = borrow(message);
    event.traceback = borrow(traceback);
    return emit(event.head);
  }
  // A piece of a file of `size` bytes; pieces come in order, the last one ends it.
  bool emit_artifact(std::string_view name, std::uint64_t size, std::uint64_t offset, std::string_view data) const {
    execlet_abi_artifact_event event = artifact(name, size);
    event.offset = offset;
    event.data = borrow(data);
    if (offset + data.size() >= size) event.head.flags = EXECLET_ABI_ARTIFACT_LAST;
    return emit(event.head);
  }
  // A whole file, read by the host from `fd` during the call.
  bool emit_artifact_fd(std::string_view name, std::uint64_t size, int fd) const {
    execlet_abi_artifact_event event = artifact(name, size);
    event.fd = fd;
    event.head.flags = EXECLET_ABI_ARTIFACT_LAST;
    return emit(event.head);
  }

  // Says more about an outcome although the call itself is OK ("kernel.died").
  void explain(std::string_view reason, std::string_view message, std::string_view details_json = {}) const {
    host_->error_set(error_, borrow(reason), borrow(message), borrow(details_json));
  }
  const execlet_abi_call *table() const { return table_; }
  execlet_abi_error *error() const { return error_; }

 private:
  template <class Event>
  static execlet_abi_event head(execlet_abi_event_type type, std::uint64_t time_ns = 0) {
    execlet_abi_event event{};
    event.struct_size = sizeof(Event);
    event.type = type;
    event.time_ns = time_ns;
    return event;
  }
  static execlet_abi_artifact_event artifact(std::string_view name, std::uint64_t size) {
    execlet_abi_artifact_event event{};
    event.head = head<execlet_abi_artifact_event>(EXECLET_ABI_EVENT_ARTIFACT);
    event.name = borrow(name);
    event.size = size;
    event.fd = -1;
    return event;
  }

  const execlet_abi_call *table_;
  const execlet_abi_host *host_;
  execlet_abi_error *error_;
};

// A place that runs one request at a time. Calls never overlap (cancel excepted); see abi/plugin.h for each contract.
class Instance {
 public:
  Instance() = default;
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;
  virtual ~Instance() = default;

  virtual Status run(const Call &call, const execlet_abi_request &request, execlet_abi_result &result) = 0;
  virtual Status reset(const Call &) { return {EXECLET_ABI_UNSUPPORTED, "reset.none", "this backend has no reset"}; }
  // Orderly end; the destructor follows whatever it returns.
  virtual Status close(const Call &) { return {}; }
  virtual void cancel(execlet_abi_cancel) {}
};

// One configured use of the backend. A derived class has a static
//     Status create(const Host &, const execlet_abi_executor_config &, std::unique_ptr<Executor> &out);
// and, if libraries need setting up once per process,
//     Status init(const Host &);    void deinit();
class Executor {
 public:
  Executor() = default;
  Executor(const Executor &) = delete;
  Executor &operator=(const Executor &) = delete;
  virtual ~Executor() = default;

  virtual Status open(const Call &call, const execlet_abi_instance_options &options,
                      std::unique_ptr<Instance> &out) = 0;
  virtual Status describe(const Call &, std::string &json) {
    json = "{}";
    return {};
  }
  // A closer look that may take seconds; see docs/facts.md.
  virtual Status inspect(const Call &call, std::string &json) { return describe(call, json); }
  virtual Status health(const Call &) { return {}; }
};

namespace detail {

struct ExecutorBox {
  const execlet_abi_host *host;
  std::unique_ptr<Executor> executor;
};

struct InstanceBox {
  const execlet_abi_host *host;
  std::unique_ptr<Instance> instance;
};

inline ExecutorBox *box(execlet_abi_executor *executor) {
  return reinterpret_cast<ExecutorBox *>(executor);
}
inline InstanceBox *box(execlet_abi_instance *instance) {
  return reinterpret_cast<InstanceBox *>(instance);
}

// Runs `body` and hands its Status to the host; nothing thrown leaves the plugin.
template <class Body>
execlet_abi_status guard(const execlet_abi_host *host, execlet_abi_error *error, Body body) noexcept {
  try {
    const Status status = body();
    if (!status.ok() && !status.reason().empty())
      host->error_set(error, borrow(status.reason()), borrow(status.message()), borrow(status.details_json()));
    return status.code();
  } catch (const std::exception &e) {
    host->error_set(error, borrow("plugin.exception"), borrow(e.what()), {});
  } catch (...) {
    host->error_set(error, borrow("plugin.exception"), borrow("an exception that is no std::exception"), {});
  }
  return EXECLET_ABI_INTERNAL;
}

template <class E>
execlet_abi_status executor_create(const execlet_abi_host *host, const execlet_abi_executor_config *config,
                                   execlet_abi_executor **out, execlet_abi_error *error) {
  return guard(host, error, [&]() -> Status {
    auto boxed = std::make_unique<ExecutorBox>();
    boxed->host = host;
    Status status = E::create(Host(host), *config, boxed->executor);
    if (status.ok()) *out = reinterpret_cast<execlet_abi_executor *>(boxed.release());
    return status;
  });
}

inline void executor_destroy(execlet_abi_executor *executor) {
  delete box(executor);
}

template <Status (Executor::*Tell)(const Call &, std::string &)>
execlet_abi_status executor_tell(execlet_abi_executor *executor, const execlet_abi_call *call,
                                 execlet_abi_text_sink sink, void *sink_ctx, execlet_abi_error *error) {
  return guard(box(executor)->host, error, [&]() -> Status {
    std::string json;
    Status status = (*box(executor)->executor.*Tell)(Call(call, box(executor)->host, error), json);
    if (status.ok()) sink(sink_ctx, borrow(json));
    return status;
  });
}

inline const void *get_extension(const char *id) noexcept {
  static const execlet_abi_inspect inspect = {sizeof inspect, 0, &executor_tell<&Executor::inspect>};
  return std::string_view(id) == EXECLET_ABI_EXTENSION_INSPECT ? &inspect : nullptr;
}

inline execlet_abi_status executor_health(execlet_abi_executor *executor, const execlet_abi_call *call,
                                          execlet_abi_error *error) {
  return guard(box(executor)->host, error,
               [&] { return box(executor)->executor->health(Call(call, box(executor)->host, error)); });
}

inline execlet_abi_status instance_open(execlet_abi_executor *executor, const execlet_abi_call *call,
                                        const execlet_abi_instance_options *options, execlet_abi_instance **out,
                                        execlet_abi_error *error) {
  return guard(box(executor)->host, error, [&]() -> Status {
    auto boxed = std::make_unique<InstanceBox>();
    boxed->host = box(executor)->host;
    Status status = box(executor)->executor->open(Call(call, boxed->host, error), *options, boxed->instance);
    if (status.ok()) *out = reinterpret_cast<execlet_abi_instance *>(boxed.release());
    return status;
  });
}

inline execlet_abi_status instance_run(execlet_abi_instance *instance, const execlet_abi_call *call,
                                       const execlet_abi_request *request, execlet_abi_result *result,
                                       execlet_abi_error *error) {
  return guard(box(instance)->host, error,
               [&] { return box(instance)->instance->run(Call(call, box(instance)->host, error), *request, *result); });
}

inline execlet_abi_status instance_reset(execlet_abi_instance *instance, const execlet_abi_call *call,
                                         execlet_abi_error *error) {
  return guard(box(instance)->host, error,
               [&] { return box(instance)->instance->reset(Call(call, box(instance)->host, error)); });
}

inline execlet_abi_status instance_close(execlet_abi_instance *instance, const execlet_abi_call *call,
                                         execlet_abi_error *error) {
  const std::unique_ptr<InstanceBox> owned(box(instance));
  return guard(owned->host, error, [&] { return owned->instance->close(Call(call, owned->host, error)); });
}

// There is nobody to report to; a cancel that fails leaves the run to the host's last means.
inline void instance_cancel(execlet_abi_instance *instance, execlet_abi_cancel mode) noexcept {
  try {
    box(instance)->instance->cancel(mode);
  } catch (...) {
  }
}

template <class E, class = void>
struct Setup {
  static constexpr decltype(execlet_abi_plugin::init) init() { return nullptr; }
  static constexpr decltype(execlet_abi_plugin::deinit) deinit() { return nullptr; }
};

// For an executor type that has both a static init and a static deinit.
template <class E>
struct Setup<E, std::void_t<decltype(E::init(std::declval<const Host &>())), decltype(E::deinit())>> {
  static constexpr decltype(execlet_abi_plugin::init) init() { return &run_init; }
  static constexpr decltype(execlet_abi_plugin::deinit) deinit() { return &run_deinit; }

 private:
  static execlet_abi_status run_init(const execlet_abi_host *host, execlet_abi_error *error) {
    return guard(host, error, [&]() -> Status { return E::init(Host(host)); });
  }
  static void run_deinit() noexcept { E::deinit(); }
};

}  // namespace detail
}  // namespace execlet::plugin

// Defines the plugin's table and its one exported symbol. `manifest` is the array from "execlet_manifest.h".
#define EXECLET_PLUGIN(ExecutorType, plugin_name, plugin_version, manifest)                                  \
  static const execlet_abi_plugin execlet_plugin_table = {                                                   \
      sizeof(execlet_abi_plugin),                                                                            \
      EXECLET_ABI_MINOR,                                                                                     \
      plugin_name,                                                                                           \
      plugin_version,                                                                                        \
      manifest,                                                                                              \
      execlet::plugin::detail::Setup<ExecutorType>::init(),                                                  \
      execlet::plugin::detail::Setup<ExecutorType>::deinit(),                                                \
      &execlet::plugin::detail::executor_create<ExecutorType>,                                               \
      &execlet::plugin::detail::executor_destroy,                                                            \
      &execlet::plugin::detail::executor_tell<&execlet::plugin::Executor::describe>,                         \
      &execlet::plugin::detail::executor_health,                                                             \
      &execlet::plugin::detail::instance_open,                                                               \
      &execlet::plugin::detail::instance_run,                                                                \
      &execlet::plugin::detail::instance_reset,                                                              \
      &execlet::plugin::detail::instance_close,                                                              \
      &execlet::plugin::detail::instance_cancel,                                                             \
      &execlet::plugin::detail::get_extension};                                                              \
  extern "C" EXECLET_ABI_EXPORT execlet_abi_status execlet_plugin_entry_v1(std::uint32_t host_minor,         \
                                                                           const execlet_abi_plugin **out) { \
    (void)host_minor;                                                                                        \
    *out = &execlet_plugin_table;                                                                            \
    return EXECLET_ABI_OK;                                                                                   \
  }

#endif

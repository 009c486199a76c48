// SPDX-License-Identifier: Apache-2.0
#include "fake_plugin.h"

#include <poll.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace execlet::core::test {
namespace {

using namespace std::chrono_literals;

// Two tests do not run at once in one program, so one fake at a time is enough for the table's plain functions.
FakePlugin *current = nullptr;

struct FakeInstance {
  std::atomic<int> users{0};
};

execlet_abi_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}

template <class Event>
Event make_event(execlet_abi_event_type type) {
  Event event{};
  auto &head = reinterpret_cast<execlet_abi_event &>(event);
  head.struct_size = sizeof event;
  head.type = type;
  return event;
}

execlet_abi_status create(const execlet_abi_host *host, const execlet_abi_executor_config *, execlet_abi_executor **out,
                          execlet_abi_error *) {
  current->host = host;
  *out = reinterpret_cast<execlet_abi_executor *>(current);
  return EXECLET_ABI_OK;
}

void destroy(execlet_abi_executor *executor) {
  ++reinterpret_cast<FakePlugin *>(executor)->destroyed;
}

execlet_abi_status describe(execlet_abi_executor *, const execlet_abi_call *, execlet_abi_text_sink sink, void *ctx,
                            execlet_abi_error *) {
  ++current->describes;
  if (current->on_describe) current->on_describe();
  sink(ctx, borrow(current->description));
  return EXECLET_ABI_OK;
}

execlet_abi_status open_instance(execlet_abi_executor *, const execlet_abi_call *call,
                                 const execlet_abi_instance_options *options, execlet_abi_instance **out,
                                 execlet_abi_error *error) {
  FakeRun as_run{current->host, call, nullptr, nullptr, error};
  if (current->open) {
    const execlet_abi_status status = current->open(as_run);
    if (status != EXECLET_ABI_OK) return status;
  }
  ++current->opened;
  {
    const std::lock_guard lock(current->mutex);
    current->opened_with_memory.push_back(options->limits->memory);
  }
  *out = reinterpret_cast<execlet_abi_instance *>(new FakeInstance);
  return EXECLET_ABI_OK;
}

// Notes when two calls on one instance overlap.
class Use {
 public:
  explicit Use(execlet_abi_instance *handle) : instance_(*reinterpret_cast<FakeInstance *>(handle)) {
    if (instance_.users++ != 0) current->overlapped = true;
  }
  ~Use() { --instance_.users; }

 private:
  FakeInstance &instance_;
};

execlet_abi_status run_instance(execlet_abi_instance *instance, const execlet_abi_call *call,
                                const execlet_abi_request *request, execlet_abi_result *result,
                                execlet_abi_error *error) {
  const Use use(instance);
  ++current->runs;
  FakeRun run{current->host, call, request, result, error};
  if (current->run) return current->run(run);
  run.started();
  return run.exit(0);
}

execlet_abi_status reset_instance(execlet_abi_instance *instance, const execlet_abi_call *, execlet_abi_error *) {
  const Use use(instance);
  ++current->resets;
  return current->reset ? current->reset() : EXECLET_ABI_OK;
}

execlet_abi_status close_instance(execlet_abi_instance *instance, const execlet_abi_call *, execlet_abi_error *) {
  { const Use use(instance); }
  if (current->on_close) current->on_close();
  delete reinterpret_cast<FakeInstance *>(instance);
  ++current->closed;
  return EXECLET_ABI_OK;
}

void cancel_instance(execlet_abi_instance *, execlet_abi_cancel level) {
  if (current->cancel) current->cancel(level);
}

}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

void Gate::wait() {
  std::unique_lock lock(mutex_);
  if (!opened_.wait_for(lock, 20s, [this] { return open_; })) throw std::runtime_error("a gate did not open in 20 s");
}

void FakeRun::started() const {
  const auto event = make_event<execlet_abi_event>(EXECLET_ABI_EVENT_STARTED);
  call->emit(call->ctx, &event);
}

execlet_abi_status FakeRun::output(int stream, std::string_view bytes) const {
  auto event = make_event<execlet_abi_output_event>(EXECLET_ABI_EVENT_OUTPUT);
  event.stream = stream;
  event.data = borrow(bytes);
  return call->emit(call->ctx, &event.head);
}

execlet_abi_status FakeRun::skipped(int stream, std::uint64_t bytes) const {
  auto event = make_event<execlet_abi_output_skipped_event>(EXECLET_ABI_EVENT_OUTPUT_SKIPPED);
  event.stream = stream;
  event.bytes = bytes;
  return call->emit(call->ctx, &event.head);
}

void FakeRun::notice(std::string_view code, std::string_view text) const {
  auto event = make_event<execlet_abi_notice_event>(EXECLET_ABI_EVENT_NOTICE);
  event.code = borrow(code);
  event.text = borrow(text);
  call->emit(call->ctx, &event.head);
}

void FakeRun::display(std::string_view mime, std::string_view data) const {
  const execlet_abi_mime_part part = {borrow(mime), borrow(data)};
  auto event = make_event<execlet_abi_display_event>(EXECLET_ABI_EVENT_DISPLAY);
  event.parts = &part;
  event.part_count = 1;
  call->emit(call->ctx, &event.head);
}

void FakeRun::artifact(std::string_view name, std::string_view data) const {
  execlet_abi_artifact_event event{};
  event.head = {sizeof event, EXECLET_ABI_EVENT_ARTIFACT, EXECLET_ABI_ARTIFACT_LAST, 0, 0};
  event.name = {name.data(), name.size()};
  event.data = {data.data(), data.size()};
  event.size = data.size();
  event.fd = -1;
  call->emit(call->ctx, &event.head);
}

void FakeRun::limit(execlet_abi_limit kind, std::uint64_t enforced, std::string_view how) const {
  auto event = make_event<execlet_abi_limit_event>(EXECLET_ABI_EVENT_LIMIT);
  event.limit = kind;
  event.enforced = enforced;
  event.how = borrow(how);
  call->emit(call->ctx, &event.head);
}

execlet_abi_status FakeRun::fail(execlet_abi_status status, std::string_view reason, std::string_view message) const {
  host->error_set(error, borrow(reason), borrow(message), {});
  return status;
}

execlet_abi_status FakeRun::exit(int code) const {
  result->outcome = EXECLET_ABI_OUTCOME_EXITED;
  result->exit_code = code;
  return EXECLET_ABI_OK;
}

execlet_abi_status FakeRun::end(execlet_abi_outcome outcome) const {
  result->outcome = outcome;
  return EXECLET_ABI_OK;
}

execlet_abi_cancel FakeRun::wait_for_cancel(execlet_abi_cancel least) const {
  while (cancelled() < least) {
    pollfd fd{call->wake_fd, POLLIN, 0};
    if (::poll(&fd, 1, 20000) == 0) throw std::runtime_error("no cancel came in 20 s");
  }
  return cancelled();
}

std::string FakeRun::read_all() const {
  std::string out;
  char buffer[4096];
  while (true) {
    uint64_t got = 0;
    if (call->read_input(call->ctx, buffer, sizeof buffer, &got) == EXECLET_ABI_NOT_FOUND) return out;
    out.append(buffer, got);
    if (got != 0) continue;
    pollfd fd{call->wake_fd, POLLIN, 0};
    if (::poll(&fd, 1, 20000) == 0) throw std::runtime_error("no input came in 20 s");
    if (cancelled() != EXECLET_ABI_CANCEL_NONE) return out;
  }
}

FakePlugin::FakePlugin() {
  current = this;
  manifest.name = "fake";
  manifest.version = "1.0.0";
  manifest.capabilities.isolation = Isolation::kProcess;
  manifest.capabilities.reset = Reset::kProcess;
  manifest.capabilities.stdin_data = true;
  manifest.capabilities.files = true;
  manifest.capabilities.languages = {"python", "bash"};
  manifest.capabilities.limits[EXECLET_ABI_LIMIT_PIDS] = {LimitScope::kRun, "counter"};
  manifest.capabilities.limits[EXECLET_ABI_LIMIT_MEMORY] = {LimitScope::kInstance, "box"};
  table = {};
  table.struct_size = sizeof table;
  table.abi_minor = EXECLET_ABI_MINOR;
  table.name = "fake";
  table.version = "1.0.0";
  table.manifest_json = "{}";
  table.executor_create = create;
  table.executor_destroy = destroy;
  table.executor_describe = describe;
  table.instance_open = open_instance;
  table.instance_run = run_instance;
  table.instance_reset = reset_instance;
  table.instance_close = close_instance;
  table.instance_cancel = cancel_instance;
}

namespace {

ExecutorConfig fake_config(const std::string &name, const CoreSettings &settings) {
  ExecutorConfig config;
  config.name = name;
  config.backend = "fake";
  config.core = settings;
  return config;
}

}  // namespace

FakeExecutor::FakeExecutor(FakePlugin &plugin, CoreSettings settings)
    : services(std::make_shared<Services>(nullptr, nullptr, EXECLET_LOG_OFF)),
      sessions(std::make_shared<Sessions>()),
      executor(*Executor::create(services, sessions, plugin.table, plugin.manifest, fake_config("test", settings))),
      owns_services_(true) {}

FakeExecutor::FakeExecutor(FakePlugin &plugin, const FakeExecutor &other, const std::string &name,
                           const std::string &option)
    : services(other.services), sessions(other.sessions), owns_services_(false) {
  ExecutorConfig config = fake_config(name, {});
  if (!option.empty()) config.options["option"] = option;
  executor = *Executor::create(services, sessions, plugin.table, plugin.manifest, config);
}

FakeExecutor::~FakeExecutor() {
  close();
  if (!owns_services_) return;
  services->threads.close(Clock::now() + 10s);
  services->deadlines.close();
}

void FakeExecutor::close() {
  if (!executor) return;  // a test has let go of it
  executor->begin_close(executor->cancel_all());
  executor->close(Clock::now() + 10s);
}

RunResult FakeExecutor::execute(Request request, EventCallback callback) {
  const auto execution = executor->begin(std::make_shared<const Request>(std::move(request)), callback);
  execution->run();
  return execution->result();
}

std::shared_ptr<Execution> FakeExecutor::submit(Request request, EventCallback callback) {
  auto execution = executor->begin(std::make_shared<const Request>(std::move(request)), callback, Ask::kLater);
  executor->submit(execution);
  return execution;
}

Request code_request(std::string code, std::string language) {
  Request request;
  request.code = std::move(code);
  request.language = std::move(language);
  return request;
}

std::vector<std::string> EventLog::lines() {
  const std::lock_guard lock(mutex_);
  return lines_;
}

void EventLog::receive(void *ctx, execlet_execution *, const execlet_event *event) {
  static constexpr const char *kNames[] = {"?",        "started",      "stdout",     "stderr",
                                           "display",  "clear_output", "user_error", "input_request",
                                           "progress", "artifact",     "notice"};
  auto &self = *static_cast<EventLog *>(ctx);
  std::string line = kNames[event->type];
  if (event->name) line += ' ' + std::string(event->name) + ':';
  if (event->size != 0) line += ' ' + std::string(event->data, event->size);
  {
    const std::lock_guard lock(self.mutex_);
    self.lines_.push_back(line);
  }
  if (self.on_event) self.on_event(*event);
}

}  // namespace execlet::core::test

// SPDX-License-Identifier: Apache-2.0
//
// The core without any program: calls into a plugin that does nothing, submissions, a burst of them.
#include <dlfcn.h>
#include <execlet/plugin.h>

#include <deque>

#include "embedded.h"
#include "rows.h"

namespace execlet::bench {
namespace {

constexpr int kBurst = 1000;

// The plugin's table, and one instance, without the core between.
class BarePlugin {
 public:
  explicit BarePlugin(const std::string &path) {
    void *const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) fail(std::string("cannot load ") + path);
    const auto entry = reinterpret_cast<execlet_abi_entry>(dlsym(library, EXECLET_ABI_ENTRY_NAME));
    if (entry == nullptr || entry(EXECLET_ABI_MINOR, &table_) != EXECLET_ABI_OK) fail("the noop plugin has no entry");
    execlet_abi_executor_config config{};
    config.struct_size = sizeof config;
    execlet_abi_instance_options options{};
    options.struct_size = sizeof options;
    if (table_->executor_create(&host_, &config, &executor_, nullptr) != EXECLET_ABI_OK ||
        table_->instance_open(executor_, &call_, &options, &instance_, nullptr) != EXECLET_ABI_OK)
      fail("the noop plugin has no instance");
  }
  BarePlugin(const BarePlugin &) = delete;
  BarePlugin &operator=(const BarePlugin &) = delete;
  ~BarePlugin() {
    table_->instance_close(instance_, &call_, nullptr);
    table_->executor_destroy(executor_);
  }

  execlet_abi_status reset() { return table_->instance_reset(instance_, &call_, nullptr); }

 private:
  execlet_abi_host host_{};
  execlet_abi_call call_{};
  const execlet_abi_plugin *table_ = nullptr;
  execlet_abi_executor *executor_ = nullptr;
  execlet_abi_instance *instance_ = nullptr;
};

// What a call costs where the caller knows the callee.
[[gnu::noinline]] execlet_abi_status direct_call(BarePlugin *) {
  asm volatile("");
  return EXECLET_ABI_OK;
}

Row call_row(const Setup &setup) {
  BarePlugin plugin(setup.plugin_dir + "/noop.so");
  constexpr int kCalls = 100'000;
  int failures = 0;
  const auto repeat = [&](auto call) {
    for (int i = 0; i < kCalls; ++i) failures += call(&plugin) == EXECLET_ABI_OK ? 0 : 1;
  };
  const Pair pair = interleave(
      setup.rounds(200), [&] { repeat(direct_call); }, [&] { repeat([](BarePlugin *p) { return p->reset(); }); });
  if (failures != 0) fail("the noop plugin cannot be reset");
  const double bare = pair.bare / kCalls * 1e9, ours = pair.ours / kCalls * 1e9;
  return at_most("a call across the ABI above a direct one", number(bare, "ns"), number(ours, "ns"), ours - bare, 5,
                 "ns");
}

Execution submit(const Executor &executor, const Request &request) {
  return Execution(execlet_executor_submit(executor.get(), request.get(), nullptr, nullptr));
}

void finish(const Execution &execution) {
  if (execlet_result_status(execlet_execution_result(execution.get())) != EXECLET_OK) fail("the noop plugin failed");
}

// All are submitted before anybody waits, and each result is seen and released.
double burst(const Executor &executor, const Request &request) {
  std::deque<Execution> running;
  const double begin = now();
  for (int i = 0; i < kBurst; ++i) running.push_back(submit(executor, request));
  for (const Execution &execution : running) finish(execution);
  running.clear();
  return (now() - begin) / kBurst;
}

}  // namespace

std::vector<Row> core_rows(const Setup &setup) {
  const Runtime runtime = open_runtime(setup.plugin_dir);
  execlet_text_free(execlet_runtime_plugins_json(runtime.get()));
  const double resident = resident_bytes() / (1 << 20);
  const Executor executor = make_executor(runtime, R"({"backend": "noop"})");
  const Request request = make_request("any", "x");
  std::vector<double> direct, submitted, bursts;
  for (int i = 0; i < setup.rounds(5000); ++i) {
    const double begin = now();
    execute(executor, request);
    const double middle = now();
    finish(submit(executor, request));
    direct.push_back(middle - begin);
    submitted.push_back(now() - middle);
  }
  for (int i = 0; i < setup.rounds(100); ++i) bursts.push_back(burst(executor, request));
  const double call = median(std::move(direct)), turn = median(std::move(submitted)), job = median(std::move(bursts));
  return {at_most("host's memory, all plugins discovered", "-", number(resident, "MiB"), resident, 8, "MiB"),
          call_row(setup), at_most("no-op plugin, call to result", "-", microseconds(call), call * 1e6, 15, "us"),
          at_most("no-op plugin, submit to result", "-", microseconds(turn), turn * 1e6, 15, "us"),
          at_most("no-op plugin, a job in a burst of 1,000", "-", microseconds(job), job * 1e6, 2, "us")};
}

}  // namespace execlet::bench

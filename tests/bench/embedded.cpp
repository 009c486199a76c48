// SPDX-License-Identifier: Apache-2.0
#include "embedded.h"

#include <atomic>
#include <future>

#include "measure.h"

namespace execlet::bench {
namespace {

[[noreturn]] void fail_with(const char *what, execlet_error *error) {
  fail(std::string(what) + ": " + execlet_error_reason(error) + ": " + execlet_error_message(error));
}

void expect(const execlet_result *result, execlet_status expected) {
  if (execlet_result_status(result) != expected) fail(std::string("unexpected result: ") + execlet_result_json(result));
}

}  // namespace

Runtime open_runtime(const std::string &plugin_dir) {
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  const char *dirs[] = {plugin_dir.c_str()};
  options.config_json = "{}";
  options.plugin_dirs = dirs;
  options.plugin_dir_count = plugin_dir.empty() ? 0 : 1;
  execlet_runtime *runtime = nullptr;
  execlet_error *error = nullptr;
  if (execlet_runtime_open(&options, &runtime, &error) != EXECLET_OK) fail_with("opening the runtime", error);
  return Runtime(runtime);
}

Executor make_executor(const Runtime &runtime, const std::string &json) {
  execlet_executor *executor = nullptr;
  execlet_error *error = nullptr;
  if (execlet_runtime_executor_from_json(runtime.get(), "bench", json.c_str(), &executor, &error) != EXECLET_OK)
    fail_with("making an executor", error);
  return Executor(executor);
}

Request make_request(const char *language, const std::string &code, const std::vector<std::string> &args) {
  Request request(execlet_request_new());
  execlet_request_set_language(request.get(), language);
  execlet_request_set_code(request.get(), code.data(), code.size());
  for (const std::string &arg : args) execlet_request_add_arg(request.get(), arg.c_str());
  return request;
}

Result execute(const Executor &executor, const Request &request, execlet_status expected, execlet_event_fn on_event,
               void *ctx) {
  Result result(execlet_executor_execute(executor.get(), request.get(), on_event, ctx));
  expect(result.get(), expected);
  return result;
}

double run_rate(const Executor &executor, const Request &request, int total, int in_flight) {
  std::atomic<int> left{total};
  std::vector<std::future<void>> callers;
  const double begin = now();
  for (int i = 0; i < in_flight; ++i)
    callers.push_back(std::async(std::launch::async, [&] {
      while (left.fetch_sub(1) > 0) execute(executor, request);
    }));
  for (std::future<void> &caller : callers) caller.get();
  return total / (now() - begin);
}

}  // namespace execlet::bench

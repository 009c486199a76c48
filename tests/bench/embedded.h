// SPDX-License-Identifier: Apache-2.0
//
// The library as a host uses it, through its C API, with errors ending the benchmark.
#ifndef EXECLET_BENCH_EMBEDDED_H
#define EXECLET_BENCH_EMBEDDED_H

#include <execlet/execlet.h>

#include <memory>
#include <string>
#include <vector>

namespace execlet::bench {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T *handle) const {
    Free(handle);
  }
};
using Runtime = std::unique_ptr<execlet_runtime, Release<execlet_runtime_close>>;
using Executor = std::unique_ptr<execlet_executor, Release<execlet_executor_free>>;
using Request = std::unique_ptr<execlet_request, Release<execlet_request_free>>;
using Execution = std::unique_ptr<execlet_execution, Release<execlet_execution_free>>;
using Result = std::unique_ptr<execlet_result, Release<execlet_result_free>>;

// A runtime without configuration file; `plugin_dir` may be empty.
Runtime open_runtime(const std::string &plugin_dir = {});
// `json` as a value under "executors" in a configuration.
Executor make_executor(const Runtime &runtime, const std::string &json);

Request make_request(const char *language, const std::string &code, const std::vector<std::string> &args = {});

// Runs and expects the status.
Result execute(const Executor &executor, const Request &request, execlet_status expected = EXECLET_OK,
               execlet_event_fn on_event = nullptr, void *ctx = nullptr);

// `total` runs by `in_flight` threads, each one after the other; returns runs per second.
double run_rate(const Executor &executor, const Request &request, int total, int in_flight);

}  // namespace execlet::bench

#endif

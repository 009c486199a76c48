// SPDX-License-Identifier: Apache-2.0
//
// Who gets which instance, with a backend that does nothing: a pool's hit, many threads at one executor, idle sessions.
#include <malloc.h>

#include <thread>

#include "embedded.h"
#include "rows.h"

namespace execlet::bench {
namespace {

constexpr int kSessions = 1000;

// Calls per second of `threads` threads, each of which makes its calls one after the other.
double call_rate(const Executor &executor, const Request &request, int threads, int calls) {
  std::vector<std::thread> callers;
  const double begin = now();
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < calls / threads; ++i) execute(executor, request);
    });
  for (std::thread &caller : callers) caller.join();
  return calls / (now() - begin);
}

Row pool_row(const Setup &setup, const Runtime &runtime, const Request &request) {
  const Executor executor = make_executor(runtime, R"({"backend": "noop", "pool": {"min_idle": 1, "max": 4}})");
  if (execlet_executor_start(executor.get(), nullptr) != EXECLET_OK) fail("the pool does not start");
  std::vector<double> times;
  for (int i = 0; i < setup.rounds(5000); ++i) {
    const double begin = now();
    execute(executor, request);
    times.push_back(now() - begin);
  }
  const double hit = median(std::move(times));
  return at_most("no-op plugin, a pool's hit, call to result", "-", microseconds(hit), hit * 1e6, 20, "us");
}

Row threads_row(const Setup &setup, const Runtime &runtime, const Request &request) {
  const Executor executor = make_executor(runtime, R"({"backend": "noop"})");
  const int calls = setup.quick ? 6400 : 64'000;
  std::vector<double> few, many;
  for (int i = 0; i < setup.rounds(21); ++i) {
    few.push_back(call_rate(executor, request, 2, calls));
    many.push_back(call_rate(executor, request, 64, calls));
  }
  return at_least_times("no-op plugin, 64 threads on one executor against 2", median(std::move(few)),
                        median(std::move(many)), "/s", 0.9);
}

std::size_t heap_bytes() {
  const struct mallinfo2 all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

Row sessions_row(const Runtime &runtime) {
  const Executor executor = make_executor(runtime, R"({"backend": "noop", "session": {"max": 2000}})");
  const auto use = [&](const std::string &name) {
    const Request request = make_request("any", "x");
    execlet_request_set_session(request.get(), name.c_str());
    execute(executor, request);
  };
  use("warm");
  const std::size_t before = heap_bytes();
  for (int i = 0; i < kSessions; ++i) use("session-" + std::to_string(i));
  const double each = static_cast<double>(heap_bytes() - before) / kSessions;
  return at_most("an idle session in the core, of 1,000", "-", number(each, "B"), each, 2048, "B");
}

}  // namespace

std::vector<Row> lifetime_rows(const Setup &setup) {
  const Runtime runtime = open_runtime(setup.plugin_dir);
  const Request request = make_request("any", "x");
  return {pool_row(setup, runtime, request), threads_row(setup, runtime, request), sessions_row(runtime)};
}

}  // namespace execlet::bench

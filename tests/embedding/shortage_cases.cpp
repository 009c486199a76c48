// SPDX-License-Identifier: Apache-2.0
//
// Hosts that run out of descriptors, threads or memory on the way: a typed result, and work goes on once there is room.
#include <fcntl.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "cases.h"

namespace execlet::embedding {
namespace {

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

void limit(int resource, rlim_t value) {
  rlimit both{};
  getrlimit(static_cast<__rlimit_resource_t>(resource), &both);
  both.rlim_cur = value;
  EXECLET_DEMAND(setrlimit(static_cast<__rlimit_resource_t>(resource), &both) == 0);
}

// How it may end where something is short: well, or unavailable and worth another try.
void demand_typed(const Result &result) {
  if (result.ok()) return demand_hello(result);
  EXECLET_DEMAND_OR(result.status == Status::kUnavailable && !result.failure.reason.empty() &&
                        result.failure.retryable && !result.failure.started,
                    result.json());
}

// The limit is inherited by what is started, which must not be what fails.
void hold_descriptors() {
  for (int i = 0; i < 48; ++i) EXECLET_DEMAND(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

void few_descriptors() {
  hold_descriptors();
  const auto runtime = Runtime::from_json(kConfig);
  const auto executor = runtime.executor("sh");
  say_hello(executor);
  bool refused = false, served = false;
  for (std::size_t free = 0; free < 16; ++free) {
    executor.stop();
    const std::size_t before = open_descriptors();
    limit(RLIMIT_NOFILE, before - 1 + free);  // one of those counted was for counting
    const Result result = executor.execute_code(sh("echo hello"));
    const Result submitted = executor.submit(sh("echo hello")).result();
    limit(RLIMIT_NOFILE, 1024);
    demand_typed(result);
    demand_typed(submitted);
    (result.ok() ? served : refused) = true;
  }
  EXECLET_DEMAND(refused && served);
  say_hello(executor);
}

// While the limit is low, also the runtime itself may not come to be.
void few_descriptors_at_first() {
  hold_descriptors();
  say_hello(Runtime::from_json(kConfig).executor("sh"));
  for (std::size_t free = 0; free < 12; ++free) {
    limit(RLIMIT_NOFILE, open_descriptors() - 1 + free);
    try {
      const auto runtime = Runtime::from_json(kConfig);
      demand_typed(runtime.executor("sh").execute_code(sh("echo hello")));
    } catch (const Error &error) {
      EXECLET_DEMAND_OR(!error.reason().empty(), error.what());
    }
    limit(RLIMIT_NOFILE, 1024);
  }
  live();
}

std::size_t address_space() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * 4096;
}

// No room for the stack of another thread.
void no_threads() {
  const auto runtime = Runtime::from_json(kConfig);
  const auto executor = runtime.executor("sh");
  Request bounded = sh("echo hello");
  bounded.deadline = Seconds(60);
  limit(RLIMIT_AS, address_space() + (4 << 20));
  const Result result = executor.execute_code(bounded);
  const Result unbounded = executor.execute_code(sh("echo hello"));
  const Result submitted = executor.submit(sh("echo hello")).result();
  limit(RLIMIT_AS, RLIM_INFINITY);
  demand_typed(result);
  demand_typed(unbounded);
  demand_typed(submitted);
  EXECLET_DEMAND_OR(submitted.failure.reason == "host.threads", submitted.json());
  say_hello(executor);
  demand_hello(executor.submit(sh("echo hello")).result());
}

}  // namespace

void add_shortage_cases(Cases &cases) {
  cases["few-descriptors"] = few_descriptors;
  cases["few-descriptors-at-first"] = few_descriptors_at_first;
  cases["no-threads"] = no_threads;
}

}  // namespace execlet::embedding

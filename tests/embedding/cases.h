// SPDX-License-Identifier: Apache-2.0
//
// Lives of a host process, one per case: each runs in a process of its own, as `embedding_host CASE`.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <execlet/execlet.hpp>
#include <functional>
#include <map>
#include <string>

namespace execlet::embedding {

using Cases = std::map<std::string, std::function<void()>>;
void add_fork_cases(Cases &cases);
void add_end_cases(Cases &cases);
void add_process_cases(Cases &cases);
void add_shortage_cases(Cases &cases);

// Ends the process where a demand does not hold, as it stands: no destructor, no handler.
[[noreturn]] inline void fail(const char *file, int line, const char *demand, const std::string &found) {
  std::fprintf(stderr, "%s:%d: %s does not hold %s\n", file, line, demand, found.c_str());
  _Exit(1);
}
#define EXECLET_DEMAND_OR(holds, found) \
  ((holds) ? (void)0 : ::execlet::embedding::fail(__FILE__, __LINE__, #holds, (found)))
#define EXECLET_DEMAND(holds) EXECLET_DEMAND_OR(holds, std::string())

inline constexpr const char *kConfig = R"({"executors": {"sh": {"backend": "local"}}})";

inline Request sh(std::string code) {
  Request request;
  request.language = "sh";
  request.code = std::move(code);
  return request;
}
inline void demand_hello(const Result &result) {
  EXECLET_DEMAND_OR(result.ok() && result.output == "hello\n", result.json());
}
// Runs one program by `executor`, which must work.
inline void say_hello(const Executor &executor) {
  demand_hello(executor.execute_code(sh("echo hello")));
}
// The whole life of a runtime.
inline void live() {
  const auto runtime = Runtime::from_json(kConfig);
  say_hello(runtime.executor("sh"));
}

// Submits something that runs until it is stopped, and waits until it is there.
Execution start_endless(const Executor &executor);
// Runs `body` in a forked child that ends with _exit(0) unless `body` ends it; demands that it ends well and soon.
void in_child(const std::function<void()> &body);
// Waits for a child that is this process's, demanding exit code 0.
void demand_good_end(int pid);
// Waits until no process has `mark` in its command line.
void demand_gone(const std::string &mark);
// A time for `sleep` that no other process uses.
std::string own_mark();

}  // namespace execlet::embedding

// SPDX-License-Identifier: Apache-2.0
//
// Hosts that fork: what works in the child, and that the parent does not notice.
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "cases.h"

namespace execlet::embedding {
namespace {

template <class Call>
void demand_forked(Call call) {
  try {
    call();
  } catch (const UnavailableError &error) {
    EXECLET_DEMAND_OR(error.reason() == "runtime.forked", error.reason());
    return;
  }
  EXECLET_DEMAND(!"the call in the child failed");
}

void demand_forked(const Result &result) {
  EXECLET_DEMAND_OR(result.status == Status::kUnavailable && result.failure.reason == "runtime.forked", result.json());
}

void fork_first() {
  in_child([] { live(); });
  live();
}

// Everything of the parent's is dead in the child, and says so at once.
void use_parents_handles(const Runtime &runtime, const Executor &executor, Execution &running) {
  demand_forked([&] { (void)runtime.executor("sh"); });
  demand_forked([&] { (void)runtime.executor_from_json("x", R"({"backend": "local"})"); });
  demand_forked([&] { runtime.check_config(); });
  demand_forked([&] { executor.start(); });
  demand_forked([&] { executor.stop(); });
  demand_forked([&] { (void)executor.describe_json(); });
  demand_forked(executor.execute_code(sh("echo hello")));
  demand_forked(executor.submit(sh("echo hello")).result());
  running.cancel();
  running.wait();
  demand_forked(running.result());
  runtime.rescan();
  EXECLET_DEMAND(runtime.counters().begun == 0);
}

void fork_while_running() {
  const auto runtime = Runtime::from_json(kConfig);
  const auto executor = runtime.executor("sh");
  say_hello(executor);
  Execution running = start_endless(executor);
  in_child([&] {
    use_parents_handles(runtime, executor, running);
    live();
  });
  EXECLET_DEMAND(!running.wait_for(Seconds(0)));  // what the child did with its copies was nothing
  running.cancel();
  EXECLET_DEMAND(running.result().status == Status::kCancelled);
  say_hello(executor);
}

// The destructors of the parent's objects run in the child, too.
void fork_then_exit() {
  static Runtime runtime = Runtime::from_json(kConfig);
  static Executor executor = runtime.executor("sh");
  static Execution running = start_endless(executor);
  in_child([] { std::exit(0); });
  EXECLET_DEMAND(!running.wait_for(Seconds(0)));
  say_hello(executor);
}

// A child that lives on with copies of all descriptors does not keep the parent's instances alive.
void fork_and_close() {
  const auto runtime = Runtime::from_json(kConfig);
  const auto executor = runtime.executor("sh");
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    executor.start();
    const pid_t pid = fork();
    EXECLET_DEMAND(pid >= 0);
    if (pid == 0) {
      pause();
      _exit(0);
    }
    const auto begin = std::chrono::steady_clock::now();
    executor.stop();
    const bool at_once = std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1500);
    kill(pid, SIGKILL);
    if (at_once) return;  // else the machine may be busy, or the runner had to be killed after 2 s
  }
  EXECLET_DEMAND(!"the instance ended although a child has copies of its descriptors");
}

}  // namespace

void add_fork_cases(Cases &cases) {
  cases["fork-first"] = fork_first;
  cases["fork-while-running"] = fork_while_running;
  cases["fork-then-exit"] = fork_then_exit;
  cases["fork-and-close"] = fork_and_close;
}

}  // namespace execlet::embedding

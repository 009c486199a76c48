// SPDX-License-Identifier: Apache-2.0
//
// Ends of runtimes and of processes, with executions under way.
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "cases.h"

namespace execlet::embedding {
namespace {

constexpr int kMany = 12;

std::vector<Execution> start_many(const Executor &executor) {
  std::vector<Execution> out;
  for (int i = 0; i < kMany; ++i) out.push_back(start_endless(executor));
  return out;
}

void demand_closing(const Result &result) {
  EXECLET_DEMAND_OR(result.status == Status::kCancelled && result.failure.reason == "runtime.closing", result.json());
}

void close_from_another_thread() {
  std::optional<Runtime> runtime = Runtime::from_json(kConfig);
  const auto executor = runtime->executor("sh");
  std::vector<Execution> running = start_many(executor);
  std::thread waiter([&] { demand_closing(executor.execute_code(sh("exec sleep " + own_mark()))); });
  while (runtime->counters().begun != kMany + 1) std::this_thread::yield();
  std::thread([&] { runtime.reset(); }).join();
  waiter.join();
  for (const Execution &execution : running) demand_closing(execution.result());
  // Handles outlive their runtime, in any order.
  running.erase(running.begin() + 3);
  const Result late = executor.execute_code(sh("echo hello"));
  EXECLET_DEMAND_OR(late.status == Status::kUnavailable && late.failure.reason == "runtime.closed", late.json());
  EXECLET_DEMAND(executor.submit(sh("echo hello")).result().failure.reason == "runtime.closed");
  demand_gone(own_mark());
}

// Not allowed, for it waits for itself; but it ends.
void close_in_a_callback() {
  auto runtime = std::make_unique<Runtime>(Runtime::from_json(kConfig));
  const auto executor = runtime->executor("sh");
  Request request = sh("echo there; exec sleep " + own_mark());
  request.on_event = [&](const Event &event) {
    if (event.type == EventType::kStdout) runtime.reset();
  };
  const Result result = executor.submit(request).result();
  demand_closing(result);
  demand_gone(own_mark());
}

void many_runtimes() {
  std::vector<std::thread> threads;
  for (int number = 0; number < 6; ++number) {
    threads.emplace_back([number] {
      const std::string word = "w" + std::to_string(number);
      const std::string options = R"({"backend": "local", "options": {"env_vars": {"WORD": ")" + word + R"("}}})";
      for (int round = 0; round < 3; ++round) {
        const auto runtime = Runtime::from_json(R"({"executors": {"sh": )" + options + "}}");
        const auto executor = runtime.executor("sh");
        for (int run = 0; run < 3; ++run) {
          const Result result = executor.execute_code(sh("echo $WORD"));
          EXECLET_DEMAND_OR(result.output == word + "\n", result.json());
        }
        const Counters counters = runtime.counters();
        EXECLET_DEMAND(counters.begun == 3 && counters.ended(Status::kOk) == 3 && counters.ended() == 3);
        EXECLET_DEMAND(counters.output_bytes == 9 && counters.instances_opened >= 1 && counters.instances_open <= 3);
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
}

// The process ends while the library's threads run; what they started ends with it.
void exit_while_running() {
  int pipe_ends[2];
  EXECLET_DEMAND(pipe(pipe_ends) == 0);
  in_child([&] {
    const std::string own = own_mark();
    EXECLET_DEMAND(write(pipe_ends[1], own.data(), own.size()) > 0);
    auto *runtime = new Runtime(Runtime::from_json(kConfig));
    auto *running = new std::vector<Execution>(start_many(runtime->executor("sh")));
    // And a thread of the host inside a run.
    std::thread([runtime] { (void)runtime->executor("sh").execute_code(sh("exec sleep " + own_mark())); }).detach();
    EXECLET_DEMAND(running->size() == kMany);
    std::exit(0);
  });
  char buffer[64];
  const ssize_t size = read(pipe_ends[0], buffer, sizeof buffer);
  EXECLET_DEMAND(size > 0);
  demand_gone(std::string(buffer, static_cast<std::size_t>(size)));
}

// Static objects are destroyed after main, in the order of the language.
void static_objects() {
  static Runtime runtime = Runtime::from_json(kConfig);
  static Executor executor = runtime.executor("sh");
  static std::vector<Execution> running = start_many(executor);
  static const struct Last {
    ~Last() { say_hello(executor); }  // destroyed first: all still works
  } last;
  EXECLET_DEMAND(running.size() == kMany);
}

void handles_in_any_order() {
  for (int order = 0; order < 6; ++order) {
    std::optional<Runtime> runtime = Runtime::from_json(kConfig);
    std::optional<Executor> executor = runtime->executor("sh");
    std::optional<Execution> running = start_endless(*executor);
    const std::function<void()> ends[] = {[&] { runtime.reset(); }, [&] { executor.reset(); },
                                          [&] { running.reset(); }};
    ends[order % 3]();
    ends[(order + (order < 3 ? 1 : 2)) % 3]();
    ends[(order + (order < 3 ? 2 : 1)) % 3]();
  }
  demand_gone(own_mark());
}

}  // namespace

void add_end_cases(Cases &cases) {
  cases["close-from-another-thread"] = close_from_another_thread;
  cases["close-in-a-callback"] = close_in_a_callback;
  cases["many-runtimes"] = many_runtimes;
  cases["exit-while-running"] = exit_while_running;
  cases["static-objects"] = static_objects;
  cases["handles-in-any-order"] = handles_in_any_order;
}

}  // namespace execlet::embedding

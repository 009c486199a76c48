// SPDX-License-Identifier: Apache-2.0
//
// Many runs at once: 8 threads share one executor and run 100 programs, output is streamed as it comes, and every
// tenth program, which would run for ever, is cancelled as soon as it says that it is there. Progress is told on the
// way, and at the end what the library counted. C++17.
#include <atomic>
#include <execlet/execlet.hpp>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kRuns = 100;
constexpr int kThreads = 8;

struct Counters {
  std::atomic<int> right{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> wrong{0};
  std::atomic<std::size_t> streamed_bytes{0};
};

void run_one(const execlet::Executor &executor, int number, Counters &counters) {
  const bool endless = number % 10 == 0;
  const std::string expected = "run " + std::to_string(number) + "\n";
  execlet::Request request;
  request.language = "bash";
  request.code = "echo run $1\n" + std::string(endless ? "while :; do sleep 1; done\n" : "");
  request.args = {std::to_string(number)};
  request.timeout = std::chrono::seconds(60);

  std::string streamed;
  request.on_event = [&](const execlet::Event &event) {
    if (event.type == execlet::EventType::kStdout) {
      streamed += event.data;
      if (endless && streamed == expected) {
        event.cancel();
      }
    }
  };
  const execlet::Result result = executor.submit(request).result();

  counters.streamed_bytes += streamed.size();
  const auto wanted = endless ? execlet::Status::kCancelled : execlet::Status::kOk;
  if (result.status != wanted || result.output != expected || streamed != expected) {
    std::cerr << "run " << number << ": " << result.json() << '\n';
    ++counters.wrong;
  } else {
    ++(endless ? counters.cancelled : counters.right);
  }
}

}  // namespace

int main() {
  try {
    const auto runtime = execlet::Runtime::from_json(R"({"executors": {"sh": {"backend": "local"}}})");
    const auto executor = runtime.executor("sh");
    Counters counters;
    std::atomic<int> next{0};
    std::atomic<int> finished{0};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int number = next++; number < kRuns; number = next++) {
          run_one(executor, number, counters);
          if (const int done = ++finished; done % 25 == 0) {
            std::cout << std::to_string(done) + " of " + std::to_string(kRuns) + " done\n";
          }
        }
      });
    }
    for (auto &thread : threads) {
      thread.join();
    }
    std::cout << counters.right << " right, " << counters.cancelled << " cancelled, " << counters.wrong << " wrong, "
              << counters.streamed_bytes << " bytes streamed\n";
    const execlet::Counters counted = runtime.counters();
    std::cout << counted.begun << " begun, " << counted.ended(execlet::Status::kOk) << " ok, "
              << counted.ended(execlet::Status::kCancelled) << " cancelled, in " << counted.instances_opened
              << " instances\n";
    return counters.wrong == 0 ? 0 : 1;
  } catch (const execlet::Error &error) {
    std::cerr << error.reason() << ": " << error.what() << '\n';
    return 1;
  }
}

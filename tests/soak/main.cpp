// SPDX-License-Identifier: Apache-2.0
//
// Many random runs on many threads, with cancels and time-outs, and many queued at once: each must end as it has to,
// and afterwards the process holds what it held before.
//     execlet-soak RUNS QUEUED [SEED]
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "leftovers.h"
#include "programs.h"

namespace {

using namespace execlet;
using namespace execlet::soak;

constexpr std::size_t kThreads = 8;
// Idle instances and threads are kept for 5 s; whoever waits for their end waits at most that long.
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kLookAgain = std::chrono::milliseconds(100);
// What resident memory may grow by after the warm-up: malloc's arenas of threads that came later.
constexpr std::size_t kResidentTolerance = 8u << 20;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryCounts = false;  // the sanitizers keep what was freed
#else
constexpr bool kMemoryCounts = true;
#endif

void run_many(const Programs &programs, std::size_t runs, std::uint64_t seed) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 random(seed + thread);
      for (std::size_t run = thread; run < runs; run += kThreads) programs.run_one(random);
    });
  }
  for (std::thread &thread : threads) thread.join();
}

template <class Condition>
void wait_until(Condition holds) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!holds() && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(kLookAgain);
}

bool report(const char *when, const Holdings &before, const std::string &mark) {
  Holdings now;
  std::string difference;
  wait_until([&] {
    now = holdings(mark);
    difference = before.difference(now);
    return difference.empty();
  });
  const auto megabytes = [](std::size_t bytes) { return static_cast<double>(bytes >> 10) / 1024; };
  std::cout << when << ": descriptors " << now.descriptors << ", threads " << now.threads << ", resident "
            << megabytes(before.resident_bytes) << " → " << megabytes(now.resident_bytes) << " MiB\n";
  if (!difference.empty()) std::cerr << when << ": " << difference << '\n';
  const bool grown = kMemoryCounts && now.resident_bytes > before.resident_bytes + kResidentTolerance;
  if (grown) std::cerr << when << ": resident memory grew\n";
  return difference.empty() && !grown;
}

// A runtime that is opened, used and closed; and one whose idle state is compared, too.
bool leaves_nothing(std::size_t runs, std::size_t queued, std::uint64_t seed) {
  // `sleep` takes it as a time, so that every program can have it in its command line.
  const std::string mark = "1000.0" + std::to_string(getpid());
  Tally tally;
  const auto use = [&](const Executor &executor, std::size_t some_runs, std::size_t some_queued) {
    const Programs programs(executor, mark, tally);
    programs.run_together(kThreads);
    run_many(programs, some_runs, seed++ * kThreads);
    programs.run_queued(some_queued);
  };
  const auto executor_of = [](const Runtime &runtime) {
    return runtime.executor_from_json("soak", R"({"backend": "local"})");
  };
  // As many threads and calls at once as later: what is kept for the next burst is no leak.
  use(executor_of(Runtime::from_json("{}")), runs / 10, queued);
  const Holdings closed = holdings(mark);
  bool clean = true;
  {
    const Runtime runtime = Runtime::from_json("{}");
    const Executor executor = executor_of(runtime);
    use(executor, runs / 10, queued);
    Holdings idle;
    wait_until([&] {
      idle = holdings(mark);
      return idle.children == 0 && idle.threads == closed.threads + 1;  // the timer's
    });
    use(executor, runs, queued);
    clean = report("idle", idle, mark);
  }
  clean = report("closed", closed, mark) && clean;
  std::cout << tally.runs() << " runs: " << tally.by_status() << "; " << tally.wrong_runs() << " wrong\n";
  return clean && tally.wrong_runs() == 0 && tally.runs() >= runs;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::cerr << "usage: execlet-soak RUNS QUEUED [SEED]\n";
    return 2;
  }
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device()();
  std::cout << "seed " << seed << std::endl;
  try {
    const OwnDirectories directories;
    return leaves_nothing(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10), seed) ? 0 : 1;
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// How long instances live and who may use one after whom.
#include <algorithm>
#include <atomic>
#include <thread>

#include "catch.h"
#include "fake_plugin.h"
#include "instance/instance_source.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

TEST_CASE("The next run finds the instance of the last one, reset in between") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  for (int i = 0; i < 5; ++i) CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened == 1);
  CHECK(plugin.resets == 4);
}

TEST_CASE("An idle instance is reset in the background when nobody comes, and closed after some seconds") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(eventually([&] { return plugin.resets == 1; }));
  CHECK(plugin.closed == 0);
  CHECK(eventually([&] { return plugin.closed == 1; }));
  CHECK(plugin.resets == 1);
}

TEST_CASE("Whether an instance is handed on depends on its reset and its isolation") {
  FakePlugin plugin;
  int opened = 0;
  SECTION("no reset") {
    plugin.manifest.capabilities.reset = Reset::kNone;
    opened = 3;
  }
  SECTION("a reset of processes is not enough for a container") {
    plugin.manifest.capabilities.isolation = Isolation::kContainer;
    opened = 3;
  }
  SECTION("a clean container is") {
    plugin.manifest.capabilities.isolation = Isolation::kContainer;
    plugin.manifest.capabilities.reset = Reset::kClean;
    opened = 1;
  }
  {
    FakeExecutor fake(plugin);
    for (int i = 0; i < 3; ++i) CHECK(fake.execute(code_request()).status == EXECLET_OK);
    CHECK(plugin.opened == opened);
  }
  CHECK(plugin.closed == opened);
}

TEST_CASE("An instance is not handed on when it is poisoned, invalid or cannot be reset") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  SECTION("poisoned") {
    plugin.run = [](FakeRun &run) {
      run.started();
      run.result->flags = EXECLET_ABI_RESULT_POISONED;
      return run.exit(0);
    };
  }
  SECTION("a failed call") {
    plugin.run = [](FakeRun &run) { return run.fail(EXECLET_ABI_INTERNAL, "", ""); };
  }
  SECTION("a failed reset") {
    plugin.reset = [] { return EXECLET_ABI_INTERNAL; };
  }
  fake.execute(code_request());
  fake.execute(code_request());
  CHECK(plugin.opened == 2);
  CHECK(eventually([&] { return plugin.closed >= 1; }));
}

TEST_CASE("An idle instance that died meanwhile is replaced without the caller noticing") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  plugin.run = [&](FakeRun &run) {
    if (plugin.opened == 1) return run.fail(EXECLET_ABI_INVALID_STATE, "runner.gone", "the runner is gone");
    run.started();
    return run.exit(0);
  };
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened == 2);
  CHECK(plugin.runs == 3);
}

TEST_CASE("Code that an idle instance may have run is not run again") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  execlet_abi_status status = EXECLET_ABI_UNAVAILABLE;
  bool started = false;
  SECTION("the backend was lost before it told of a start") {}
  SECTION("the backend was lost and may have started it") {
    started = true;
  }
  SECTION("the instance is unusable after a start") {
    status = EXECLET_ABI_INVALID_STATE;
    started = true;
  }
  plugin.run = [&](FakeRun &run) {
    if (started) run.started();
    return run.fail(status, "backend.lost", "the runner is gone");
  };
  const RunResult result = fake.execute(code_request());
  CHECK(result.status == EXECLET_UNAVAILABLE);
  CHECK(result.failure.reason == "backend.lost");
  CHECK(result.failure.started == started);
  CHECK(result.failure.retryable == !started);
  CHECK(plugin.runs == 2);
}

TEST_CASE("A fresh instance that fails is not tried again") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) { return run.fail(EXECLET_ABI_UNAVAILABLE, "runner.gone", "the runner is gone"); };
  FakeExecutor fake(plugin);
  const RunResult result = fake.execute(code_request());
  CHECK(result.status == EXECLET_UNAVAILABLE);
  CHECK(result.failure.reason == "runner.gone");
  CHECK(result.failure.retryable);
  CHECK(plugin.runs == 1);
}

TEST_CASE("A limit of instance scope gets an instance of its own") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  Request limited = code_request();
  limited.limits = {{"memory", "1m"}};
  for (int i = 0; i < 2; ++i) {
    CHECK(fake.execute(code_request()).status == EXECLET_OK);
    CHECK(fake.execute(limited).status == EXECLET_OK);
  }
  CHECK(plugin.opened_with_memory == std::vector<std::uint64_t>{0, 1u << 20});
}

TEST_CASE("Start has an instance ready that the next run takes as it is") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  CHECK(fake.executor->start().ok());
  CHECK(plugin.opened == 1);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened == 1);
  CHECK(plugin.resets == 0);
}

TEST_CASE("No more idle instances are kept than there are cores") {
  FakePlugin plugin;
  std::atomic<int> inside{0};
  plugin.run = [&](FakeRun &run) {
    run.started();
    ++inside;
    if (!eventually([&] { return inside == 16; })) return run.exit(1);
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 16; ++i) executions.push_back(fake.submit(code_request()));
  for (const auto &execution : executions) CHECK(execution->result().status == EXECLET_OK);
  CHECK(plugin.opened == 16);
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  CHECK(eventually([&] { return plugin.closed >= 16 - cores; }));
}

TEST_CASE("Runs that block each get an instance, however many others are opened") {
  constexpr int kRuns = 12;
  FakePlugin plugin;
  Gate all_run;
  std::atomic<int> running{0};
  plugin.run = [&](FakeRun &run) {
    run.started();
    if (++running == kRuns) all_run.open();
    all_run.wait();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < kRuns; ++i) executions.push_back(fake.submit(code_request()));
  for (const auto &execution : executions) CHECK(execution->result().status == EXECLET_OK);
  CHECK(plugin.opened == kRuns);
  CHECK_FALSE(plugin.overlapped);
}

TEST_CASE("A backend that keeps state runs everything in one instance, one after the other") {
  FakePlugin plugin;
  plugin.manifest.capabilities.persistent_state = true;
  FakeExecutor fake(plugin);
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 20; ++i) executions.push_back(fake.submit(code_request()));
  for (const auto &execution : executions) {
    CHECK(execution->result().status == EXECLET_OK);
    CHECK(execution->result().session == "default");
  }
  CHECK(plugin.opened == 1);
  CHECK(plugin.resets == 0);
  CHECK_FALSE(plugin.overlapped);
  Request other = code_request();
  other.limits = {{"memory", "1m"}};
  CHECK(fake.execute(other).failure.reason == "limits.session");
}

TEST_CASE("A run that waits for its turn in a session can be cancelled") {
  FakePlugin plugin;
  plugin.manifest.capabilities.persistent_state = true;
  HeldRun held;
  plugin.run = [&](FakeRun &run) { return held.run(run); };
  FakeExecutor fake(plugin);
  const auto first = fake.submit(code_request());
  held.running.wait();
  const auto second = fake.submit(code_request());
  second->cancel();
  REQUIRE(second->wait(Clock::now() + 20s));
  CHECK(second->result().status == EXECLET_CANCELLED);
  held.release.open();
  CHECK(first->result().status == EXECLET_OK);
}

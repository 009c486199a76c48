// SPDX-License-Identifier: Apache-2.0
//
// `pool`: how many instances there are, and who waits for one.
#include <atomic>
#include <thread>

#include "catch.h"
#include "pool_fixture.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

TEST_CASE("No more instances exist at a time than a pool allows, and who comes later waits and is served") {
  FakePlugin plugin;
  Inside inside;
  plugin.run = [&](FakeRun &run) { return inside.run(run); };
  FakeExecutor fake(plugin, with_pool(pool_of(0, 3)));
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 20; ++i) executions.push_back(fake.submit(code_request()));
  CHECK(eventually([&] { return inside.now == 3; }));
  inside.release.open();
  for (const auto &execution : executions) CHECK(execution->result().status == EXECLET_OK);
  CHECK(inside.most == 3);
  CHECK(plugin.opened == 3);
}

TEST_CASE("Who waits longer than max_wait is told that the pool is busy, and may try again") {
  FakePlugin plugin;
  Inside inside;
  plugin.run = [&](FakeRun &run) { return inside.run(run); };
  PoolSettings pool = pool_of(0, 1);
  pool.max_wait = 0.05;
  FakeExecutor fake(plugin, with_pool(pool));
  const auto first = fake.submit(code_request());
  CHECK(eventually([&] { return inside.now == 1; }));
  const RunResult refused = fake.execute(code_request());
  CHECK(refused.status == EXECLET_UNAVAILABLE);
  CHECK(refused.failure.reason == "pool.busy");
  CHECK(refused.failure.retryable);
  inside.release.open();
  CHECK(first->result().status == EXECLET_OK);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
}

TEST_CASE("Waiting for a pool is not taken for a slow start") {
  FakePlugin plugin;
  Inside inside;
  plugin.run = [&](FakeRun &run) { return inside.run(run); };
  CoreSettings settings = with_pool(pool_of(0, 1));
  settings.startup_timeout = 0.05;
  FakeExecutor fake(plugin, settings);
  const auto first = fake.submit(code_request());
  CHECK(eventually([&] { return inside.now == 1; }));
  const auto second = fake.submit(code_request());
  CHECK_FALSE(second->wait(Clock::now() + 200ms));
  inside.release.open();
  CHECK(first->result().status == EXECLET_OK);
  CHECK(second->result().status == EXECLET_OK);
}

TEST_CASE("A run that waits for a pool can be cancelled, and its place is not lost") {
  FakePlugin plugin;
  Inside inside;
  plugin.run = [&](FakeRun &run) { return inside.run(run); };
  FakeExecutor fake(plugin, with_pool(pool_of(0, 1)));
  const auto first = fake.submit(code_request());
  CHECK(eventually([&] { return inside.now == 1; }));
  const auto second = fake.submit(code_request());
  const auto third = fake.submit(code_request());
  REQUIRE(eventually([&] { return waiting(fake) == 2; }));
  second->cancel();
  REQUIRE(second->wait(Clock::now() + 20s));
  CHECK(second->result().status == EXECLET_CANCELLED);
  inside.release.open();
  CHECK(first->result().status == EXECLET_OK);
  CHECK(third->result().status == EXECLET_OK);
}

TEST_CASE("An instance is used no more often than max_uses") {
  FakePlugin plugin;
  PoolSettings pool = pool_of(0, 1);
  pool.max_uses = 2;
  FakeExecutor fake(plugin, with_pool(pool));
  for (int i = 0; i < 6; ++i) CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened == 3);
}

TEST_CASE("An instance of another kind makes room when a pool is full") {
  FakePlugin plugin;
  FakeExecutor fake(plugin, with_pool(pool_of(0, 1)));
  Request limited = code_request();
  limited.limits = {{"memory", "1m"}};
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(fake.execute(limited).status == EXECLET_OK);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened == 3);
}

TEST_CASE("Who waits for a pool is served in the order of coming") {
  FakePlugin plugin;
  Gate running, release;
  std::vector<std::string> order;
  plugin.run = [&](FakeRun &run) {
    run.started();
    order.emplace_back(run.code());
    if (order.size() == 1) {
      running.open();
      release.wait();
    }
    return run.exit(0);
  };
  FakeExecutor fake(plugin, with_pool(pool_of(0, 1)));
  std::vector<std::string> expected;
  std::vector<std::shared_ptr<Execution>> executions;
  for (std::size_t i = 0; i < 10; ++i) {
    expected.push_back(std::to_string(i));
    executions.push_back(fake.submit(code_request(expected.back())));
    if (i == 0) running.wait();
    REQUIRE(eventually([&] { return waiting(fake) == i; }));
  }
  release.open();
  for (const auto &execution : executions) CHECK(execution->result().status == EXECLET_OK);
  CHECK(order == expected);
}

TEST_CASE("With max_wait 0 nobody waits for a pool") {
  FakePlugin plugin;
  Inside inside;
  plugin.run = [&](FakeRun &run) { return inside.run(run); };
  PoolSettings pool = pool_of(0, 1);
  pool.max_wait = 0;
  FakeExecutor fake(plugin, with_pool(pool));
  const auto first = fake.submit(code_request());
  CHECK(eventually([&] { return inside.now == 1; }));
  CHECK(fake.execute(code_request()).failure.reason == "pool.busy");
  inside.release.open();
  CHECK(first->result().status == EXECLET_OK);
}

TEST_CASE("Stopping a pool ends those who run and those who wait, and it can be used again") {
  FakePlugin plugin;
  std::atomic<bool> block{true};
  Gate running;
  plugin.run = [&](FakeRun &run) {
    run.started();
    if (!block) return run.exit(0);
    running.open();
    run.wait_for_cancel();
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  FakeExecutor fake(plugin, with_pool(pool_of(1, 1)));
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 5; ++i) executions.push_back(fake.submit(code_request()));
  running.wait();
  CHECK(fake.executor->stop().ok());
  for (const auto &execution : executions) CHECK(execution->result().failure.reason == "runtime.closing");
  CHECK(plugin.opened == plugin.closed);
  block = false;
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
}

TEST_CASE("A start that takes too long ends by itself, and its place serves the next") {
  FakePlugin plugin;
  std::atomic<bool> slow{true};
  plugin.open = [&](FakeRun &open) {
    if (!slow) return EXECLET_ABI_OK;
    open.wait_for_cancel();
    return open.fail(EXECLET_ABI_CANCELLED, "", "");
  };
  CoreSettings settings = with_pool(pool_of(0, 1));
  settings.startup_timeout = 0.05;
  settings.kill_grace = 0;
  FakeExecutor fake(plugin, settings);
  const RunResult result = fake.execute(code_request());
  CHECK(result.status == EXECLET_UNAVAILABLE);
  CHECK(result.failure.reason == "start.timeout");
  CHECK(result.failure.retryable);
  slow = false;
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
}

TEST_CASE("A holder that a plugin does not let go loses its place to who waits") {
  FakePlugin plugin;
  Gate running, release;
  SECTION("in a pool") {}
  SECTION("in the session of a backend that keeps state") {
    plugin.manifest.capabilities.persistent_state = true;
  }
  CoreSettings settings = plugin.manifest.capabilities.persistent_state ? CoreSettings{} : with_pool(pool_of(0, 1));
  settings.kill_grace = 0;
  std::atomic<bool> stuck{true};
  plugin.run = [&](FakeRun &run) {
    run.started();
    if (stuck.exchange(false)) {
      running.open();
      release.wait();
    }
    return run.exit(0);
  };
  FakeExecutor fake(plugin, settings);
  const auto first = fake.submit(code_request());
  running.wait();
  const auto second = fake.submit(code_request());
  first->cancel();
  CHECK(first->result().failure.reason == "plugin.stuck");
  CHECK(second->result().status == EXECLET_OK);
  CHECK(second->result().state_lost == plugin.manifest.capabilities.persistent_state);
  release.open();
  // What comes back late is closed, and nobody has its place twice.
  CHECK(eventually([&] { return plugin.closed == 1; }));
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened == 2);
}

TEST_CASE("A pool whose instances fail in every way never has more than it may, and serves everybody") {
  constexpr int kMax = 3;
  FakePlugin plugin;
  std::atomic<int> begun{0}, runs{0}, resets{0}, most{0};
  plugin.open = [&](FakeRun &) {
    const int exist = ++begun - plugin.closed;
    for (int seen = most; seen < exist && !most.compare_exchange_weak(seen, exist);) {
    }
    return EXECLET_ABI_OK;
  };
  plugin.run = [&](FakeRun &run) {
    const int number = ++runs;
    if (number % 7 == 0) return run.fail(EXECLET_ABI_INVALID_STATE, "gone", "killed while it was idle");
    run.started();
    if (number % 5 == 0) run.result->flags = EXECLET_ABI_RESULT_POISONED;
    return run.exit(0);
  };
  plugin.reset = [&] { return ++resets % 6 == 0 ? EXECLET_ABI_INTERNAL : EXECLET_ABI_OK; };
  FakeExecutor fake(plugin, with_pool(pool_of(1, kMax)));
  std::atomic<int> ok{0}, gone{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const RunResult result = fake.execute(code_request());
        ok += result.status == EXECLET_OK ? 1 : 0;
        gone += result.failure.reason == "gone" ? 1 : 0;  // of a fresh instance, which is not tried again
      }
    });
  for (std::thread &thread : threads) thread.join();
  CHECK(ok + gone == 8 * 50);
  CHECK(ok > 300);
  CHECK(most <= kMax);
  CHECK_FALSE(plugin.overlapped);
  CHECK(fake.executor->stop().ok());
  CHECK(plugin.opened == plugin.closed);
}

TEST_CASE("A backend that keeps state does not, in a pool that can reset it") {
  FakePlugin plugin;
  plugin.manifest.capabilities.persistent_state = true;
  plugin.manifest.capabilities.reset = Reset::kClean;
  FakeExecutor fake(plugin, with_pool(pool_of(0, 2)));
  for (int i = 0; i < 3; ++i) {
    const RunResult result = fake.execute(code_request());
    CHECK(result.status == EXECLET_OK);
    CHECK(result.session.empty());
  }
  CHECK(plugin.resets == 2);
}

TEST_CASE("Many threads share a small pool without one being forgotten") {
  FakePlugin plugin;
  FakeExecutor fake(plugin, with_pool(pool_of(1, 4)));
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) ok += fake.execute(code_request()).status == EXECLET_OK ? 1 : 0;
    });
  for (std::thread &thread : threads) thread.join();
  CHECK(ok == 16 * 50);
  CHECK(plugin.opened <= 4);
  CHECK_FALSE(plugin.overlapped);
}

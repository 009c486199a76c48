// SPDX-License-Identifier: Apache-2.0
//
// `pool`: which instances are opened ahead of their use, and how instances end.
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "catch.h"
#include "instance/backend.h"
#include "pool_fixture.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

TEST_CASE("Start has min_idle instances ready, opened at the same time, and the pool refills itself") {
  FakePlugin plugin;
  std::atomic<int> opening{0};
  plugin.open = [&](FakeRun &) {
    ++opening;
    // The first one is opened by who starts the pool, the others by the pool, together.
    if (plugin.opened >= 1 && plugin.opened < 4) eventually([&] { return opening >= 4; });
    return EXECLET_ABI_OK;
  };
  plugin.manifest.capabilities.reset = Reset::kNone;  // used once: each run takes one away
  FakeExecutor fake(plugin, with_pool(pool_of(4, 8)));
  REQUIRE(fake.executor->start().ok());
  CHECK(plugin.opened == 4);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(eventually([&] { return plugin.opened == 5; }));
}

TEST_CASE("One run alone opens no instances for later ones") {
  FakePlugin plugin;
  FakeExecutor fake(plugin, with_pool(pool_of(3, 8)));
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(fake.executor->stop().ok());
  CHECK(plugin.opened == 1);
}

TEST_CASE("A backend that cannot open spares does not hold up runs, and is asked again later") {
  FakePlugin plugin;
  std::atomic<bool> broken{false};
  std::atomic<int> refused{0};
  plugin.open = [&](FakeRun &run) {
    if (!broken) return EXECLET_ABI_OK;
    ++refused;
    return run.fail(EXECLET_ABI_UNAVAILABLE, "down", "the backend is down");
  };
  plugin.manifest.capabilities.reset = Reset::kNone;
  FakeExecutor fake(plugin, with_pool(pool_of(1, 2)));
  REQUIRE(fake.executor->start().ok());
  broken = true;
  CHECK(fake.execute(code_request()).status == EXECLET_OK);  // the one that was ready
  CHECK(eventually([&] { return refused >= 1; }));
  broken = false;
  CHECK(eventually([&] { return plugin.opened == 2; }));
}

TEST_CASE("An instance that is old is replaced, also while it is idle") {
  FakePlugin plugin;
  PoolSettings pool = pool_of(1, 1);
  pool.max_lifetime = 0.1;
  FakeExecutor fake(plugin, with_pool(pool));
  REQUIRE(fake.executor->start().ok());
  CHECK(eventually([&] { return plugin.closed >= 2; }));
}

TEST_CASE("Idle instances beyond min_idle are closed after idle_timeout") {
  FakePlugin plugin;
  Inside inside;
  plugin.run = [&](FakeRun &run) { return inside.run(run); };
  PoolSettings pool = pool_of(1, 4);
  pool.idle_timeout = 0.05;
  FakeExecutor fake(plugin, with_pool(pool));
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 4; ++i) executions.push_back(fake.submit(code_request()));
  CHECK(eventually([&] { return inside.now == 4; }));
  inside.release.open();
  for (const auto &execution : executions) CHECK(execution->result().status == EXECLET_OK);
  CHECK(eventually([&] { return plugin.closed == 3; }));
  std::this_thread::sleep_for(100ms);
  CHECK(plugin.closed == 3);
}

TEST_CASE("Stopping a pool while it opens instances does not wait for them, and leaves none") {
  FakePlugin plugin;
  Gate opening;
  plugin.open = [&](FakeRun &open) {
    if (plugin.opened == 0) return EXECLET_ABI_OK;
    opening.open();
    open.wait_for_cancel();
    return open.fail(EXECLET_ABI_CANCELLED, "", "");
  };
  FakeExecutor fake(plugin, with_pool(pool_of(3, 3)));
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  opening.wait();
  CHECK(fake.executor->stop().ok());
  CHECK(plugin.opened == plugin.closed);
}

TEST_CASE("Instances ahead have the limits of their executor, so that its requests find them") {
  FakePlugin plugin;
  CoreSettings settings = with_pool(pool_of(2, 2));
  settings.limits[EXECLET_ABI_LIMIT_MEMORY] = 1u << 20;
  FakeExecutor fake(plugin, settings);
  REQUIRE(fake.executor->start().ok());
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  CHECK(plugin.opened_with_memory == std::vector<std::uint64_t>{1u << 20, 1u << 20});
}

TEST_CASE("Start tells that an instance could not be opened ahead, keeps the others, and tries again when asked") {
  FakePlugin plugin;
  std::atomic<bool> broken{true};
  std::atomic<int> asked{0};
  plugin.open = [&](FakeRun &run) {
    if (++asked != 3 || !broken) return EXECLET_ABI_OK;
    return run.fail(EXECLET_ABI_UNAVAILABLE, "down", "the backend is down");
  };
  FakeExecutor fake(plugin, with_pool(pool_of(4, 4)));
  const auto started = fake.executor->start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.failure().reason == "down");
  CHECK(started.failure().retryable);
  CHECK(plugin.opened == 3);
  broken = false;
  CHECK(fake.executor->start().ok());
  CHECK(plugin.opened == 4);
}

TEST_CASE("Start does not report instances that are not there at its time limit") {
  FakePlugin plugin;
  std::atomic<int> asked{0};
  plugin.open = [&](FakeRun &run) {
    if (++asked == 1) return EXECLET_ABI_OK;
    run.wait_for_cancel();
    return run.fail(EXECLET_ABI_CANCELLED, "", "");
  };
  CoreSettings settings = with_pool(pool_of(2, 2));
  settings.startup_timeout = 0.2;
  FakeExecutor fake(plugin, settings);
  const auto started = fake.executor->start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.failure().status == EXECLET_UNAVAILABLE);
  CHECK(started.failure().reason == "start.timeout");
}

namespace {

// A pool with a limit, of a backend whose instances do not close until a gate opens.
struct StuckCloses {
  explicit StuckCloses(Nanoseconds close_time) {
    plugin.on_close = [this] {
      ++closing;
      release.wait();
    };
    services = std::make_shared<Services>(&StuckCloses::log, this, EXECLET_LOG_ERROR);
    backend = *Backend::create(services, plugin.table, plugin.manifest, {"test", "{}", "/"});
    PoolPolicy policy = pool_policy(pool_of(0, 1), {}, 10s);
    policy.close_time = close_time;
    policy.max_wait = 20s;
    pool = std::make_shared<Pool>(backend, policy);
  }
  StuckCloses(const StuckCloses &) = delete;
  StuckCloses &operator=(const StuckCloses &) = delete;
  ~StuckCloses() {
    release.open();
    pool->close_all();
    CHECK(backend->wait_until_unused(Clock::now() + 20s));
    pool.reset();
    backend.reset();
    services->threads.close(Clock::now() + 10s);
    services->deadlines.close();
  }

  static void log(void *ctx, std::int32_t, const char *, const char *message) {
    auto &self = *static_cast<StuckCloses *>(ctx);
    const std::lock_guard lock(self.mutex);
    self.logged += message;
  }
  LeaseAnswer lease(CallContext &context, const InstanceKey &key = {}) {
    return pool->lease(key, {context, [] { return Clock::now() + 20s; }});
  }
  std::string text() {
    const std::lock_guard lock(mutex);
    return logged;
  }

  FakePlugin plugin;
  Gate release;
  std::atomic<int> closing{0};
  std::shared_ptr<Services> services;
  std::shared_ptr<Backend> backend;
  std::shared_ptr<Pool> pool;
  std::mutex mutex;
  std::string logged;
};

InstanceKey with_memory() {
  InstanceKey key;
  key.limits[EXECLET_ABI_LIMIT_MEMORY] = 1u << 20;
  return key;
}

}  // namespace

TEST_CASE("An instance that a plugin does not close loses its place to who waits, and that is logged") {
  StuckCloses stuck(50ms);
  CallContext first(stuck.services->wake_fds, nullptr, nullptr), second(stuck.services->wake_fds, nullptr, nullptr);
  LeaseAnswer answer = stuck.lease(first);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), false, first);
  answer = stuck.lease(second);
  REQUIRE(std::holds_alternative<Lease>(answer));
  CHECK(stuck.closing == 1);
  CHECK_THAT(stuck.text(), Catch::Contains("instance_close does not return"));
  // It comes back after all: nobody gets the place a second time.
  stuck.release.open();
  CHECK(eventually([&] { return stuck.plugin.closed == 1; }));
  CHECK(stuck.pool->waiting() == 0);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), true, second);
  CHECK(std::holds_alternative<Lease>(answer = stuck.lease(first)));
  CHECK(stuck.plugin.opened == 2);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), true, first);
}

TEST_CASE("A run that takes the place of another kind waits for its end, but not for one that never comes") {
  StuckCloses stuck(50ms);
  CallContext first(stuck.services->wake_fds, nullptr, nullptr), second(stuck.services->wake_fds, nullptr, nullptr);
  LeaseAnswer answer = stuck.lease(first);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), true, first);
  answer = stuck.lease(second, with_memory());
  REQUIRE(std::holds_alternative<Lease>(answer));
  CHECK(stuck.closing == 1);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), true, second);
}

TEST_CASE("A run that waits for the end of an instance can be cancelled, and its place is not lost") {
  StuckCloses stuck(20s);
  CallContext first(stuck.services->wake_fds, nullptr, nullptr), second(stuck.services->wake_fds, nullptr, nullptr);
  LeaseAnswer answer = stuck.lease(first);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), true, first);
  std::thread canceller([&] {
    CHECK(eventually([&] { return stuck.closing == 1; }));
    second.raise(EXECLET_ABI_CANCEL_TERMINATE);
  });
  answer = stuck.lease(second, with_memory());
  canceller.join();
  REQUIRE(std::holds_alternative<OpenFailure>(answer));
  CHECK(std::get<OpenFailure>(answer).status == EXECLET_ABI_CANCELLED);
  CHECK(stuck.plugin.opened == 1);
  // Not before the old one is gone is there room for another.
  stuck.release.open();
  answer = stuck.lease(first);
  REQUIRE(std::holds_alternative<Lease>(answer));
  CHECK(stuck.plugin.closed == 1);
  stuck.pool->give_back(std::move(std::get<Lease>(answer).instance), true, first);
}

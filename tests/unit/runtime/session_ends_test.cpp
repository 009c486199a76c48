// SPDX-License-Identifier: Apache-2.0
//
// How sessions end: closed by a user, stopped or gone with their executor, whatever runs in them or is about to.
#include <atomic>
#include <thread>

#include "catch.h"
#include "fake_plugin.h"
#include "in_session.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

namespace {

// A run that stays until it is told to stop.
execlet_abi_status stay(FakeRun &run, Gate &running) {
  run.started();
  running.open();
  run.wait_for_cancel(EXECLET_ABI_CANCEL_TERMINATE);
  return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
}

}  // namespace

TEST_CASE("Closing a session ends who runs in it and who waits for it, and its name is free") {
  FakePlugin plugin;
  Gate running;
  std::atomic<bool> staying{true};
  plugin.run = [&](FakeRun &run) {
    if (staying) return stay(run, running);
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin, with_session(60));
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 5; ++i) executions.push_back(fake.submit(in_session("s")));
  running.wait();
  CHECK(fake.executor->close_session("s").ok());
  CHECK(plugin.closed == 1);
  for (const auto &execution : executions) {
    CHECK(execution->result().status == EXECLET_CANCELLED);
    CHECK(execution->result().failure.reason == "session.closed");
  }
  CHECK(plugin.runs == 1);
  staying = false;
  const RunResult fresh = run_in(fake, "s");
  CHECK(fresh.status == EXECLET_OK);
  CHECK_FALSE(fresh.state_lost);
}

TEST_CASE("Closing a session whose plugin does not come back ends in time, and says so") {
  FakePlugin plugin;
  HeldRun held;
  plugin.run = [&](FakeRun &run) { return held.run(run); };
  FakeExecutor fake(plugin, with_session(60));
  const auto stuck = fake.submit(in_session("s"));
  held.running.wait();
  const auto closed = fake.executor->close_session("s");
  REQUIRE_FALSE(closed.ok());
  CHECK(closed.failure().reason == "plugin.stuck");
  CHECK(stuck->result().failure.reason == "plugin.stuck");
  held.release.open();
  CHECK(eventually([&] { return plugin.closed == 1; }));
}

TEST_CASE("While an executor is stopped no session is opened, and one that is being opened is given up") {
  FakePlugin plugin;
  Gate opening, stopping, seen;
  plugin.open = [&](FakeRun &open) {
    opening.open();
    open.wait_for_cancel();
    stopping.open();
    seen.wait();
    return open.fail(EXECLET_ABI_CANCELLED, "start.cancelled", "cancelled");
  };
  FakeExecutor fake(plugin, with_session(60));
  std::string reason;
  std::thread opener([&] { reason = fake.executor->open_session("s").failure().reason; });
  opening.wait();
  bool stopped = false;
  std::thread stopper([&] { stopped = fake.executor->stop().ok(); });
  stopping.wait();
  CHECK(fake.executor->open_session("t").failure().reason == "executor.stopping");
  CHECK(run_in(fake, "t").failure.reason == "executor.stopping");
  CHECK(fake.executor->open_session("").failure().reason == "executor.stopping");
  seen.open();
  stopper.join();
  opener.join();
  CHECK(stopped);
  CHECK(reason == "runtime.closing");
  CHECK(plugin.opened == 0);
  plugin.open = {};
  CHECK(run_in(fake, "s").status == EXECLET_OK);
}

TEST_CASE("A closed executor has no sessions and opens none, and leaves no instance") {
  FakePlugin plugin;
  Gate running;
  plugin.run = [&](FakeRun &run) { return run.code() == "stay" ? stay(run, running) : run.exit(0); };
  FakeExecutor fake(plugin, with_session(60));
  for (const std::string id : {"a", "b", "c"}) run_in(fake, id);
  const auto busy = fake.submit(in_session("b", "stay"));
  const auto waiting = fake.submit(in_session("b"));
  running.wait();
  fake.close();
  CHECK(busy->result().failure.reason == "runtime.closing");
  CHECK(waiting->result().failure.reason == "runtime.closing");
  CHECK(plugin.opened == 3);
  CHECK(plugin.closed == 3);
  CHECK(plugin.destroyed == 1);
  CHECK(fake.executor->open_session("a").failure().reason == "runtime.closed");
  CHECK(fake.executor->close_session("a").failure().reason == "runtime.closed");
  CHECK(run_in(fake, "a").failure.reason == "runtime.closed");
  CHECK(fake.executor->sessions().empty());
}

TEST_CASE("An executor that ends takes its sessions along, and the names are free") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  {
    FakeExecutor other(plugin, fake, "other");
    run_in(other, "s");
    CHECK(run_in(fake, "s").failure.reason == "session.foreign");
    other.executor.reset();  // its last handle
    CHECK(eventually([&] { return plugin.closed == 1 && plugin.destroyed == 1; }));
    CHECK(run_in(fake, "s").status == EXECLET_OK);
  }
}

TEST_CASE("Many threads share sessions that die, are closed and expire, and nothing is left") {
  FakePlugin plugin;
  std::atomic<int> runs{0};
  plugin.run = [&](FakeRun &run) {
    const int number = ++runs;
    if (number % 7 == 0) return run.fail(EXECLET_ABI_INVALID_STATE, "gone", "killed while it was idle");
    run.started();
    if (number % 5 == 0) run.result->flags = EXECLET_ABI_RESULT_POISONED;
    if (number % 11 == 0) std::this_thread::sleep_for(2ms);
    return run.exit(0);
  };
  FakeExecutor fake(plugin, with_session(0.001));
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string id(1, static_cast<char>('a' + (t + i) % 3));
        if (i % 25 == 24) static_cast<void>(fake.executor->close_session(id));
        const RunResult result = run_in(fake, id);
        const std::string &reason = result.failure.reason;
        ended += result.status == EXECLET_OK || reason == "gone" || reason == "session.closed" ? 1 : 0;
      }
    });
  for (std::thread &thread : threads) thread.join();
  CHECK(ended == 8 * 100);
  CHECK_FALSE(plugin.overlapped);
  CHECK(fake.executor->stop().ok());
  CHECK(plugin.opened == plugin.closed);
}

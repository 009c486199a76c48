// SPDX-License-Identifier: Apache-2.0
//
// Stops at every phase, time limits that the core keeps, plugins that do not come back, the end of an executor.
#include <poll.h>

#include <chrono>
#include <thread>

#include "catch.h"
#include "fake_plugin.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

namespace {

execlet_abi_status run_until_cancelled(FakeRun &run) {
  run.started();
  run.output(1, "partial");
  run.wait_for_cancel();
  return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
}

}  // namespace

TEST_CASE("A cancelled run is cancelled, keeps its output, and a second cancel changes nothing") {
  FakePlugin plugin;
  Gate running;
  plugin.run = [&](FakeRun &run) {
    running.open();
    return run_until_cancelled(run);
  };
  FakeExecutor fake(plugin);
  const auto execution = fake.submit(code_request());
  running.wait();
  execution->cancel();
  execution->cancel();
  const RunResult &result = execution->result();
  CHECK(result.status == EXECLET_CANCELLED);
  CHECK(result.failure.reason == "run.cancelled");
  CHECK(result.failure.message == "cancelled");
  CHECK(result.output == "partial");
  execution->cancel();
  CHECK(execution->result().status == EXECLET_CANCELLED);
}

TEST_CASE("A cancel after the end has no effect") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  const auto execution = fake.submit(code_request());
  CHECK(execution->result().status == EXECLET_OK);
  execution->cancel();
  CHECK(execution->result().status == EXECLET_OK);
}

TEST_CASE("A cancel before the run starts ends it without opening an instance") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  const auto execution = fake.executor->begin(std::make_shared<const Request>(code_request()), {});
  execution->cancel();
  execution->run();
  CHECK(execution->result().status == EXECLET_CANCELLED);
  CHECK_FALSE(execution->result().failure.started);
  CHECK(plugin.opened == 0);
}

TEST_CASE("A run that waits in the queue is cancelled at once") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  const auto execution = fake.executor->begin(std::make_shared<const Request>(code_request()), {});
  execution->queue();  // and nobody takes it
  execution->cancel();
  REQUIRE(execution->wait(Clock::now() + 10s));
  CHECK(execution->result().status == EXECLET_CANCELLED);
  CHECK(execution->result().failure.message == "cancelled before it started");
}

TEST_CASE("A cancel while an instance opens reaches the plugin") {
  FakePlugin plugin;
  Gate opening;
  plugin.open = [&](FakeRun &open) {
    opening.open();
    open.wait_for_cancel();
    return EXECLET_ABI_CANCELLED;
  };
  FakeExecutor fake(plugin);
  const auto execution = fake.submit(code_request());
  opening.wait();
  execution->cancel();
  CHECK(execution->result().status == EXECLET_CANCELLED);
  CHECK_FALSE(execution->result().failure.started);
}

TEST_CASE("A callback may cancel its own execution") {
  FakePlugin plugin;
  plugin.run = run_until_cancelled;
  FakeExecutor fake(plugin);
  EventLog events;
  std::shared_ptr<Execution> execution;
  Gate assigned;
  events.on_event = [&](const execlet_event &event) {
    assigned.wait();
    if (event.type == EXECLET_EVENT_STDOUT) execution->cancel();
  };
  execution = fake.submit(code_request(), events.callback());
  assigned.open();
  CHECK(execution->result().status == EXECLET_CANCELLED);
}

TEST_CASE("Emit tells a plugin that a stop was asked for and still takes what it emits") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    while (run.output(1, "y") == EXECLET_ABI_OK) std::this_thread::yield();
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.timeout = 0.05;
  const RunResult result = fake.execute(request);
  CHECK(result.status == EXECLET_TIMED_OUT);
  CHECK_FALSE(result.output.empty());
}

TEST_CASE("The core keeps the time limit of a backend that does not, and then kills") {
  FakePlugin plugin;
  std::vector<execlet_abi_cancel> levels;
  Gate killed;
  plugin.cancel = [&](execlet_abi_cancel level) {
    levels.push_back(level);
    if (level == EXECLET_ABI_CANCEL_KILL) killed.open();
  };
  plugin.run = [&](FakeRun &run) {
    run.started();
    run.wait_for_cancel(EXECLET_ABI_CANCEL_KILL);
    killed.wait();
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.timeout = 0.1;
  request.kill_grace = 0.1;
  const TimePoint begin = Clock::now();
  const RunResult result = fake.execute(request);
  const auto took = Clock::now() - begin;
  CHECK(result.status == EXECLET_TIMED_OUT);
  CHECK(result.failure.reason == "run.timeout");
  CHECK(result.failure.message == "timed out after 0.1 s");
  CHECK(result.limits[EXECLET_ABI_LIMIT_WALL_TIME].hit);
  // On a busy machine the first may be said together with the second.
  CHECK(levels.back() == EXECLET_ABI_CANCEL_KILL);
  CHECK((levels.size() == 1 || levels.front() == EXECLET_ABI_CANCEL_TERMINATE));
  CHECK(took >= 200ms);
  CHECK(took < 5s);
}

TEST_CASE("The time limit counts from the start of user code") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    std::this_thread::sleep_for(150ms);  // staging
    run.started();
    pollfd fd{run.call->wake_fd, POLLIN, 0};
    CHECK(::poll(&fd, 1, 60) == 0);
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.timeout = 0.12;
  CHECK(fake.execute(request).status == EXECLET_OK);
}

TEST_CASE("A backend that keeps the time itself is only killed a second after it should have") {
  FakePlugin plugin;
  plugin.manifest.capabilities.limits[EXECLET_ABI_LIMIT_WALL_TIME] = {LimitScope::kRun, "watch"};
  plugin.run = [](FakeRun &run) {
    run.started();
    CHECK(run.wait_for_cancel() == EXECLET_ABI_CANCEL_KILL);
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.timeout = 0.05;
  request.kill_grace = 0.05;
  const TimePoint begin = Clock::now();
  const RunResult result = fake.execute(request);
  CHECK(result.status == EXECLET_TIMED_OUT);
  CHECK(Clock::now() - begin >= 1100ms);
}

TEST_CASE("A start that takes too long is unavailable, retryable, and says so") {
  FakePlugin plugin;
  plugin.open = [](FakeRun &open) {
    CHECK(open.call->deadline_ns != 0);
    open.wait_for_cancel();
    return EXECLET_ABI_TIMEOUT;
  };
  CoreSettings settings;
  settings.startup_timeout = 0.05;
  FakeExecutor fake(plugin, settings);
  const RunResult result = fake.execute(code_request());
  CHECK(result.status == EXECLET_UNAVAILABLE);
  CHECK(result.failure.reason == "start.timeout");
  CHECK(result.failure.retryable);
  CHECK_FALSE(result.failure.started);
}

TEST_CASE("The deadline bounds the queue, the opening and the run") {
  FakePlugin plugin;
  plugin.run = run_until_cancelled;
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.deadline = 0.05;
  SECTION("in the queue") {
    const auto execution = fake.executor->begin(std::make_shared<const Request>(request), {});
    execution->queue();
    REQUIRE(execution->wait(Clock::now() + 10s));
    CHECK(execution->result().status == EXECLET_TIMED_OUT);
    CHECK(execution->result().failure.reason == "run.deadline");
  }
  SECTION("while the instance opens") {
    plugin.open = [](FakeRun &open) {
      open.wait_for_cancel();
      return EXECLET_ABI_CANCELLED;
    };
    const RunResult result = fake.execute(request);
    CHECK(result.status == EXECLET_TIMED_OUT);
    CHECK_FALSE(result.failure.started);
  }
  SECTION("in the run") {
    const RunResult result = fake.execute(request);
    CHECK(result.status == EXECLET_TIMED_OUT);
    CHECK(result.failure.message == "stopped at the deadline of 0.05 s");
    CHECK(result.output == "partial");
  }
}

TEST_CASE("A plugin that keeps the deadline by itself may be before the core's timer") {
  struct Block final : Alarm {
    Gate entered, release;
    void on_deadline() override {
      entered.open();
      release.wait();
    }
  };
  const auto wait_for_deadline = [](const FakeRun &call) {
    while (to_abi_ns(Clock::now()) < call.call->deadline_ns) std::this_thread::yield();
  };
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  const auto timer = std::make_shared<Block>();
  fake.services->deadlines.arm(Clock::now(), timer);
  timer->entered.wait();
  Request request = code_request();
  request.deadline = 0.02;
  SECTION("while the instance opens") {
    plugin.open = [&](FakeRun &open) {
      wait_for_deadline(open);
      return EXECLET_ABI_TIMEOUT;
    };
  }
  SECTION("in the run") {
    const execlet_abi_outcome outcome = GENERATE(EXECLET_ABI_OUTCOME_TIMED_OUT, EXECLET_ABI_OUTCOME_CANCELLED);
    plugin.run = [&, outcome](FakeRun &run) {
      run.started();
      wait_for_deadline(run);
      return run.end(outcome);
    };
  }
  const RunResult result = fake.execute(request);
  timer->release.open();
  CHECK(result.status == EXECLET_TIMED_OUT);
  CHECK(result.failure.reason == "run.deadline");
}

TEST_CASE("A plugin that does not come back loses its execution, not the caller") {
  FakePlugin plugin;
  Gate release;
  plugin.run = [&](FakeRun &run) {
    run.started();
    run.output(1, "partial");
    release.wait();
    run.output(1, "too late");
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.timeout = 0.05;
  request.kill_grace = 0;
  EventLog events;
  const auto execution = fake.submit(request, events.callback());
  REQUIRE(execution->wait(Clock::now() + 15s));
  CHECK(execution->result().status == EXECLET_INTERNAL_ERROR);
  CHECK(execution->result().failure.reason == "plugin.stuck");
  CHECK(execution->result().output == "partial");
  release.open();
  fake.services->threads.close(Clock::now() + 10s);
  CHECK(events.lines() == std::vector<std::string>{"started", "stdout partial"});
  CHECK(plugin.closed == plugin.opened);  // and its instance serves nobody else
}

TEST_CASE("Stopping an executor cancels what runs, closes its instances, and it can be used again") {
  FakePlugin plugin;
  Gate running;
  plugin.run = [&](FakeRun &run) {
    running.open();
    return run_until_cancelled(run);
  };
  FakeExecutor fake(plugin);
  const auto execution = fake.submit(code_request());
  running.wait();
  CHECK(fake.executor->stop().ok());
  CHECK(execution->result().status == EXECLET_CANCELLED);
  CHECK(execution->result().failure.reason == "runtime.closing");
  CHECK(plugin.opened == plugin.closed);
  plugin.run = nullptr;
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
}

TEST_CASE("A closed executor answers unavailable and has given its backend up") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
  fake.close();
  CHECK(plugin.opened == plugin.closed);
  CHECK(eventually([&] { return plugin.destroyed == 1; }));  // by the thread that closed the last instance
  const RunResult result = fake.execute(code_request());
  CHECK(result.status == EXECLET_UNAVAILABLE);
  CHECK(result.failure.reason == "runtime.closed");
  CHECK_FALSE(fake.executor->describe().ok());
  CHECK_FALSE(fake.executor->start().ok());
}

TEST_CASE("What comes while an executor is being stopped is refused, and holds the stop up no longer") {
  FakePlugin plugin;
  Gate running, stopping, go_on;
  plugin.run = [&](FakeRun &run) {
    run.started();
    running.open();
    run.wait_for_cancel();
    stopping.open();
    go_on.wait();
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  FakeExecutor fake(plugin);
  const auto execution = fake.submit(code_request());
  running.wait();  // one that still waits for a thread would be cancelled without it
  std::thread stop([&] { CHECK(fake.executor->stop().ok()); });
  stopping.wait();
  const RunResult refused = fake.execute(code_request());
  CHECK(refused.status == EXECLET_UNAVAILABLE);
  CHECK(refused.failure.reason == "executor.stopping");
  CHECK(refused.failure.retryable);
  go_on.open();
  stop.join();
  plugin.run = nullptr;
  CHECK(fake.execute(code_request()).status == EXECLET_OK);
}

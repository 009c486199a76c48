// SPDX-License-Identifier: Apache-2.0
//
// Sessions: one instance across executions, whose it is, how long it lives, and what is told when it is lost.
#include <atomic>
#include <thread>

#include "catch.h"
#include "fake_plugin.h"
#include "in_session.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

namespace {

std::optional<SessionFacts> facts_of(FakeExecutor &fake, const std::string &id) {
  for (SessionFacts &facts : fake.executor->sessions()) {
    if (facts.id == id) return std::move(facts);
  }
  return std::nullopt;
}

std::size_t waiting_in(FakeExecutor &fake, const std::string &id) {
  const auto facts = facts_of(fake, id);
  return facts ? facts->waiting : 0;
}

}  // namespace

TEST_CASE("A session is opened by its first run, and all its runs are in one instance that is never reset") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  for (int i = 0; i < 3; ++i) {
    const RunResult result = run_in(fake, "mine");
    CHECK(result.status == EXECLET_OK);
    CHECK(result.session == "mine");
    CHECK_FALSE(result.state_lost);
  }
  CHECK(plugin.opened == 1);
  CHECK(plugin.resets == 0);
  CHECK(run_in(fake, "other").session == "other");
  CHECK(plugin.opened == 2);
  CHECK(fake.execute(code_request()).session.empty());
  CHECK(plugin.opened == 3);
}

TEST_CASE("Runs of a session begin in the order in which they were submitted") {
  constexpr std::size_t kRuns = 200;
  FakePlugin plugin;
  std::vector<std::string> order;  // the runs do not overlap
  plugin.run = [&](FakeRun &run) {
    run.started();
    order.emplace_back(run.code());
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  std::vector<std::string> expected;
  std::vector<std::shared_ptr<Execution>> executions;
  for (std::size_t i = 0; i < kRuns; ++i) {
    expected.push_back(std::to_string(i));
    executions.push_back(fake.submit(in_session("s", expected.back())));
  }
  for (const auto &execution : executions) CHECK(execution->result().status == EXECLET_OK);
  CHECK(order == expected);
  CHECK_FALSE(plugin.overlapped);
}

TEST_CASE("Waiting for a session ends with a cancel or a deadline, and is not taken for a slow start") {
  FakePlugin plugin;
  HeldRun held;
  plugin.run = [&](FakeRun &run) { return held.run(run); };
  CoreSettings settings = with_session(60);
  settings.startup_timeout = 0.05;
  FakeExecutor fake(plugin, settings);
  const auto first = fake.submit(in_session("s"));
  held.running.wait();
  const auto cancelled = fake.submit(in_session("s"));
  Request hurried = in_session("s");
  hurried.deadline = 1;
  const auto late = fake.submit(hurried);
  const auto patient = fake.submit(in_session("s"));
  REQUIRE(eventually([&] { return waiting_in(fake, "s") == 3; }));
  cancelled->cancel();
  CHECK(cancelled->result().failure.reason == "run.cancelled");
  CHECK(late->result().failure.reason == "run.deadline");
  CHECK_FALSE(patient->wait(Clock::now() + 100ms));
  held.release.open();
  CHECK(first->result().status == EXECLET_OK);
  CHECK(patient->result().status == EXECLET_OK);
  CHECK(plugin.runs == 2);
}

TEST_CASE("The loss of an instance is told by the next run, once") {
  FakePlugin plugin;
  std::atomic<bool> healthy{true};
  CoreSettings settings;
  SECTION("it was poisoned") {
    plugin.run = [&](FakeRun &run) {
      run.started();
      if (!healthy.exchange(true)) run.result->flags = EXECLET_ABI_RESULT_POISONED;
      return run.exit(0);
    };
    FakeExecutor fake(plugin);
    run_in(fake, "s");
    healthy = false;
    CHECK_FALSE(run_in(fake, "s").state_lost);
    CHECK(run_in(fake, "s").state_lost);
    CHECK_FALSE(run_in(fake, "s").state_lost);
  }
  SECTION("it died while it was idle") {
    plugin.run = [&](FakeRun &run) {
      if (!healthy.exchange(true)) return run.fail(EXECLET_ABI_INVALID_STATE, "gone", "killed");
      run.started();
      return run.exit(0);
    };
    FakeExecutor fake(plugin);
    run_in(fake, "s");
    healthy = false;
    const RunResult next = run_in(fake, "s");
    CHECK(next.status == EXECLET_OK);
    CHECK(next.state_lost);
    CHECK_FALSE(run_in(fake, "s").state_lost);
  }
  SECTION("it was lost under a run") {
    plugin.run = [&](FakeRun &run) {
      run.started();
      return healthy.exchange(true) ? run.exit(0) : run.fail(EXECLET_ABI_UNAVAILABLE, "", "");
    };
    FakeExecutor fake(plugin);
    run_in(fake, "s");
    healthy = false;
    CHECK(run_in(fake, "s").failure.reason == "backend.lost");
    CHECK(run_in(fake, "s").state_lost);
    CHECK_FALSE(run_in(fake, "s").state_lost);
  }
  SECTION("it was idle for too long") {
    FakeExecutor fake(plugin, with_session(0.05));
    CHECK_FALSE(run_in(fake, "s").state_lost);
    CHECK(eventually([&] { return plugin.closed == 1; }));
    CHECK_FALSE(facts_of(fake, "s"));
    CHECK(run_in(fake, "s").state_lost);
  }
  SECTION("it lived for too long, idle or busy") {
    FakeExecutor fake(plugin, with_session(0.05, 0.05));
    plugin.run = [](FakeRun &run) {
      run.started();
      std::this_thread::sleep_for(100ms);
      return run.exit(0);
    };
    CHECK_FALSE(run_in(fake, "s").state_lost);
    CHECK(run_in(fake, "s").state_lost);
    CHECK(eventually([&] { return plugin.closed == 2; }));
  }
  SECTION("its executor was stopped") {
    FakeExecutor fake(plugin);
    CHECK_FALSE(run_in(fake, "s").state_lost);
    CHECK(fake.executor->stop().ok());
    CHECK(plugin.closed == 1);
    CHECK(run_in(fake, "s").state_lost);
  }
  SECTION("it was opened anew by somebody who was not told") {
    FakeExecutor fake(plugin);
    CHECK_FALSE(run_in(fake, "s").state_lost);
    CHECK(fake.executor->stop().ok());
    CHECK(fake.executor->open_session("s").ok());
    CHECK(run_in(fake, "s").state_lost);
    CHECK_FALSE(run_in(fake, "s").state_lost);
  }
}

TEST_CASE("What nobody has used is no loss") {
  FakePlugin plugin;
  FakeExecutor fake(plugin, with_session(0.05));
  CHECK(fake.executor->open_session("s").ok());
  CHECK(eventually([&] { return plugin.closed == 1; }));
  CHECK_FALSE(run_in(fake, "s").state_lost);
}

TEST_CASE("Every block of a request says which session it ran in, and the first what was lost") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  run_in(fake, "s");
  CHECK(fake.executor->stop().ok());
  Request request;
  request.session = "s";
  request.language = "python";
  request.has_blocks = true;
  request.blocks = {{"", "1", 0}, {"", "2", 0}};
  const RunResult result = fake.execute(request);
  REQUIRE(result.blocks.size() == 2);
  CHECK(result.state_lost);
  CHECK(result.blocks[0].state_lost);
  CHECK_FALSE(result.blocks[1].state_lost);
  CHECK(result.blocks[1].session == "s");
}

TEST_CASE("A session is opened ahead of its use, with or without a name") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  CHECK(*fake.executor->open_session("mine") == "mine");
  CHECK(*fake.executor->open_session("mine") == "mine");
  CHECK(plugin.opened == 1);
  const std::string one = *fake.executor->open_session("");
  const std::string two = *fake.executor->open_session("");
  CHECK(one.front() == '@');
  CHECK(one != two);
  CHECK(plugin.opened == 3);
  CHECK(run_in(fake, one).session == one);
  CHECK(run_in(fake, "mine").status == EXECLET_OK);
  CHECK(plugin.opened == 3);
  CHECK(fake.executor->close_session(one).ok());
  CHECK(plugin.closed == 1);
  CHECK(run_in(fake, one).failure.reason == "session.unknown");
}

TEST_CASE("An opening that fails says why and leaves no session") {
  FakePlugin plugin;
  plugin.open = [](FakeRun &open) { return open.fail(EXECLET_ABI_UNAVAILABLE, "down", "the backend is down"); };
  FakeExecutor fake(plugin);
  for (const std::string name : {"", "mine"}) {
    const auto opened = fake.executor->open_session(name);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.failure().reason == "down");
  }
  CHECK(fake.executor->sessions().empty());
  CHECK(run_in(fake, "mine").failure.reason == "down");
}

TEST_CASE("A run that needs another instance than the session has is refused, and the session stays") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  run_in(fake, "s");
  Request limited = in_session("s");
  limited.limits = {{"memory", "1m"}};
  const RunResult refused = fake.execute(limited);
  CHECK(refused.status == EXECLET_REJECTED);
  CHECK(refused.failure.reason == "limits.session");
  CHECK_FALSE(run_in(fake, "s").state_lost);
  CHECK(plugin.opened == 1);
}

TEST_CASE("There are no more sessions than configured, and a closed or expired one makes room") {
  FakePlugin plugin;
  FakeExecutor fake(plugin, with_session(60, {}, 2));
  CHECK(run_in(fake, "a").status == EXECLET_OK);
  CHECK(fake.executor->open_session("b").ok());
  const RunResult refused = run_in(fake, "c");
  CHECK(refused.status == EXECLET_UNAVAILABLE);
  CHECK(refused.failure.reason == "session.busy");
  CHECK(refused.failure.retryable);
  CHECK(fake.executor->open_session("").failure().reason == "session.busy");
  CHECK(run_in(fake, "a").status == EXECLET_OK);
  CHECK(fake.executor->close_session("a").ok());
  CHECK(run_in(fake, "c").status == EXECLET_OK);
  CHECK(run_in(fake, "a").failure.reason == "session.busy");
  CHECK(fake.executor->stop().ok());
  CHECK(run_in(fake, "a").status == EXECLET_OK);
}

TEST_CASE("A name belongs to one executor and its options") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  FakeExecutor other(plugin, fake, "other");
  FakeExecutor changed(plugin, fake, "test", "changed");
  FakeExecutor same(plugin, fake, "test");
  run_in(fake, "s");
  const RunResult foreign = run_in(other, "s");
  CHECK(foreign.status == EXECLET_INVALID_REQUEST);
  CHECK(foreign.failure.reason == "session.foreign");
  CHECK(foreign.failure.message.find("\"test\"") != std::string::npos);
  CHECK(foreign.failure.message.find("\"other\"") != std::string::npos);
  CHECK(foreign.failure.details_json.find("/session") != std::string::npos);
  CHECK(run_in(changed, "s").failure.reason == "session.foreign");
  CHECK(other.executor->open_session("s").failure().reason == "session.foreign");
  CHECK(other.executor->close_session("s").failure().reason == "session.foreign");
  CHECK(plugin.opened == 1);
  CHECK(run_in(same, "s").status == EXECLET_OK);
  CHECK(plugin.opened == 1);
  CHECK(fake.executor->close_session("s").ok());
  CHECK(run_in(other, "s").status == EXECLET_OK);
}

TEST_CASE("Names that cannot be, or that nobody has, are named errors") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  for (const std::string wrong : {"a b", "../s", "-s", "s\n"}) {
    CHECK(fake.executor->open_session(wrong).failure().reason == "session.name");
    CHECK(fake.executor->close_session(wrong).failure().reason == "session.name");
  }
  CHECK(fake.executor->close_session("").failure().reason == "session.name");
  CHECK(fake.executor->close_session("s").failure().reason == "session.unknown");
  CHECK(fake.executor->open_session("@1").failure().reason == "session.unknown");
  CHECK(run_in(fake, "@1").failure.reason == "session.unknown");
  CHECK(run_in(fake, "default").failure.reason == "session.unknown");
  CHECK(plugin.opened == 0);
}

TEST_CASE("Sessions are listed with what they do") {
  FakePlugin plugin;
  Gate running, release;
  plugin.run = [&](FakeRun &run) {
    run.started();
    if (run.code() == "wait") {
      running.open();
      release.wait();
    }
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  CHECK(fake.executor->sessions().empty());
  run_in(fake, "b");
  const auto first = fake.submit(in_session("a", "wait"));
  running.wait();
  const auto second = fake.submit(in_session("a"));
  const std::vector<SessionFacts> all = fake.executor->sessions();
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == "a");
  CHECK(all[0].executor == "test");
  CHECK(all[0].backend == "fake");
  CHECK(all[0].busy);
  CHECK(all[0].waiting == 1);
  CHECK(all[0].idle == 0ns);
  CHECK(all[0].age > 0ns);
  CHECK(all[1].id == "b");
  CHECK_FALSE(all[1].busy);
  CHECK(all[1].idle > 0ns);
  release.open();
  CHECK(second->result().status == EXECLET_OK);
}

TEST_CASE("The session of a backend that keeps state has a name, limits of life, and can be closed") {
  FakePlugin plugin;
  plugin.manifest.capabilities.persistent_state = true;
  FakeExecutor fake(plugin, with_session(0.05));
  CHECK(fake.execute(code_request()).session == "default");
  CHECK(eventually([&] { return plugin.closed == 1; }));
  CHECK(run_in(fake, "default").state_lost);
  CHECK(run_in(fake, "own").session == "own");
  CHECK(plugin.opened == 3);
  CHECK(fake.executor->close_session("default").ok());
  CHECK_FALSE(fake.execute(code_request()).state_lost);
}

TEST_CASE("Sessions that lost their instance stay known, as many as may, the latest of them") {
  constexpr std::size_t kMost = 10;
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  const auto backend = *Backend::create(fake.services, plugin.table, plugin.manifest, {"test", "{}", ""});
  const auto owner =
      std::make_shared<SessionOwner>("test", "", backend, InstanceKey{}, SessionPolicy(SessionSettings{}));
  Sessions sessions(kMost);
  for (int i = 0; i < 1000; ++i) CHECK(sessions.get("s" + std::to_string(i), owner).ok());
  CHECK(sessions.of(*owner).size() <= 2 * kMost);
  CHECK(sessions.take("s999", *owner).ok());
  CHECK(sessions.take("s0", *owner).failure().reason == "session.unknown");
  const auto held = *sessions.get("held", owner);
  for (int i = 0; i < 1000; ++i) CHECK(sessions.get("t" + std::to_string(i), owner).ok());
  CHECK(*sessions.get("held", owner) == held);
}

// SPDX-License-Identifier: Apache-2.0
//
// What a plugin tells while it runs: what of it is kept, counted, passed on or dropped.
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.h"
#include "fake_plugin.h"
#include "loader/plugin_error.h"
#include "temp_dir.h"

using namespace execlet::core;
using namespace execlet::core::test;

TEST_CASE("Output beyond the retention is counted, not kept, and still reaches the callback") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    for (int i = 0; i < 5; ++i) run.output(1, "0123456789");
    run.output(2, "e");
    return run.exit(0);
  };
  CoreSettings settings;
  settings.output_retention = 25;
  FakeExecutor fake(plugin, settings);
  EventLog events;
  const RunResult result = fake.execute(code_request(), events.callback());
  CHECK(result.output == "0123456789012345678901234");
  CHECK(result.truncated[0] == 25);
  CHECK(result.error == "e");
  CHECK(result.truncated[1] == 0);
  CHECK(events.lines().size() == 7);
}

TEST_CASE("A plugin may skip what is only counted, and nobody joins output over a gap") {
  FakePlugin plugin;
  std::vector<std::uint64_t> wanted;
  plugin.run = [&](FakeRun &run) {
    run.started();
    wanted.push_back(run.request->output_wanted);
    run.output(1, "0123456789");
    run.skipped(1, 1000);
    run.output(1, "never to be joined");
    run.skipped(2, 7);
    return run.exit(0);
  };
  CoreSettings settings;
  settings.output_retention = 25;
  FakeExecutor fake(plugin, settings);
  Request request;
  request.has_blocks = true;
  request.blocks = {{"python", "1"}, {"python", "2"}};
  const RunResult result = fake.execute(request);
  REQUIRE(result.blocks.size() == 2);
  for (const RunResult &block : result.blocks) {
    CHECK(block.output == "0123456789");
    CHECK(block.truncated[0] == 1018);
    CHECK(block.error.empty());
    CHECK(block.truncated[1] == 7);
  }
  EventLog events;
  fake.execute(code_request(), events.callback());
  // A callback is told every byte.
  CHECK(wanted == std::vector<std::uint64_t>{25, 25, 0});
}

TEST_CASE("Displays and notices beyond what a result may hold are told and dropped, and the result says so") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    for (int i = 0; i < 3; ++i) run.display("image/png", std::string(30u << 20, 'x'));
    run.display("text/plain", "small");
    for (int i = 0; i < 1002; ++i) run.notice("n", "one of many");
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  EventLog events;
  const RunResult result = fake.execute(code_request(), events.callback());
  CHECK(result.status == EXECLET_OK);
  CHECK(result.displays.size() == 3);  // two large ones and the small one
  REQUIRE(result.notices.size() == 1002);
  CHECK(result.notices[1000].code == "displays.dropped");
  CHECK(result.notices[1000].text.find("1 displays") == 0);
  CHECK(result.notices[1001].text.find("2 more notices") == 0);
  CHECK(events.lines().size() == 1 + 4 + 1002);
}

TEST_CASE("What a plugin emits when there is no memory left is not thrown through it, and is known to be lost") {
  struct NoMemory final : EventReceiver {
    void receive(const execlet_abi_event &) override { throw std::bad_alloc(); }
  };
  NoMemory receiver;
  WakeFds wake_fds;
  CallContext context(wake_fds, &receiver, nullptr);
  const CallContext::OpenCall open = context.open_call(kNever, nullptr);
  CHECK_FALSE(context.event_lost());
  const execlet_abi_event event{};
  CHECK(open.get()->emit(open.get()->ctx, &event) == EXECLET_ABI_CANCELLED);
  CHECK(context.event_lost());
}

TEST_CASE("What a plugin gives as JSON is one line in ours") {
  CHECK(json_object_or_empty("{\n  \"a\": [1,\n 2]\n}") == R"({"a":[1,2]})");
  CHECK(json_object_or_empty("[1]") == "{}");
  CHECK(json_object_or_empty("{") == "{}");
}

TEST_CASE("What the plugin says about limits is in the result, with what was asked for") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    CHECK(run.request->limits->pids == 10);
    CHECK(run.request->timeout_ns == 2'500'000'000);
    run.limit(EXECLET_ABI_LIMIT_PIDS, 10, "counter");
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.limits = {{"pids", "10"}};
  request.timeout = 2.5;
  const RunResult result = fake.execute(request);
  CHECK(result.limits[EXECLET_ABI_LIMIT_PIDS].requested == 10);
  CHECK(result.limits[EXECLET_ABI_LIMIT_PIDS].enforced == 10);
  CHECK(result.limits[EXECLET_ABI_LIMIT_PIDS].how == "counter");
  CHECK(result.limits[EXECLET_ABI_LIMIT_WALL_TIME].enforced == 2'500'000'000);
  CHECK(result.limits[EXECLET_ABI_LIMIT_WALL_TIME].how == "timer of the host");
  CHECK_FALSE(result.limits[EXECLET_ABI_LIMIT_MEMORY].mentioned());
}

TEST_CASE("With best effort a limit that is not enforced is a notice, told to the callback too") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.limit(EXECLET_ABI_LIMIT_PIDS, 0, "");
    run.started();
    return run.exit(0);
  };
  plugin.manifest.capabilities.limits[EXECLET_ABI_LIMIT_DISK].scope = LimitScope::kNone;
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.limits = {{"pids", "10"}, {"disk", "1m"}};
  request.best_effort = true;
  EventLog events;
  const RunResult result = fake.execute(request, events.callback());
  REQUIRE(result.notices.size() == 2);
  CHECK(result.notices[0].text == "the limit disk is not enforced here");
  CHECK(result.notices[1].text == "the limit pids is not enforced here");
  CHECK(result.limits[EXECLET_ABI_LIMIT_PIDS].enforced == 0);
  CHECK(events.lines() == std::vector<std::string>{"notice limits.not-enforced: the limit disk is not enforced here",
                                                   "notice limits.not-enforced: the limit pids is not enforced here",
                                                   "started"});
}

TEST_CASE("Events of unknown types, cut events and a second start are skipped") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    run.started();
    execlet_abi_output_event event{};
    event.head.struct_size = sizeof event;
    event.head.type = 4711;
    run.call->emit(run.call->ctx, &event.head);
    event.head.type = EXECLET_ABI_EVENT_OUTPUT;
    event.head.struct_size = sizeof event.head;
    event.data = {"lie", 3};
    run.call->emit(run.call->ctx, &event.head);
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  EventLog events;
  CHECK(fake.execute(code_request(), events.callback()).output.empty());
  CHECK(events.lines() == std::vector<std::string>{"started"});
}

TEST_CASE("A plugin is told how many bytes of files can be kept") {
  FakePlugin plugin;
  std::vector<std::uint64_t> room;
  plugin.run = [&](FakeRun &run) {
    run.started();
    room.push_back(run.request->collect_max_bytes);
    run.artifact("a" + std::to_string(room.size()), std::string(32u << 20, 'x'));
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request;
  request.has_blocks = true;
  request.blocks = {{"python", "1"}, {"python", "2"}, {"python", "3"}};
  request.collect = {"*"};
  fake.execute(request);
  // What earlier blocks handed back counts too; 0 would be no end.
  CHECK(room == std::vector<std::uint64_t>{64u << 20, 32u << 20, 1});

  room.clear();
  const execlet::test::TempDir directory;
  request.artifacts_dir = directory.path().native();
  fake.execute(request);
  CHECK(room == std::vector<std::uint64_t>{0, 0, 0});
}

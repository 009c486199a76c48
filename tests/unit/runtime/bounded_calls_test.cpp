// SPDX-License-Identifier: Apache-2.0
//
// Calls into a plugin that do not end as they should: contexts used too late, calls that never return, exceptions.
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.h"
#include "fake_plugin.h"
#include "instance/bounded_call.h"
#include "instance/call_context.h"
#include "instance/contained_call.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

namespace {

class Receiver final : public EventReceiver {
 public:
  void receive(const execlet_abi_event &event) override {
    if (!open) ++late;
    if (on_event) on_event(event);
    ++received;
  }
  std::function<void(const execlet_abi_event &)> on_event;
  std::atomic<bool> open{true};
  std::atomic<int> received{0}, late{0};
};

const execlet_abi_event kStarted = {sizeof(execlet_abi_event), EXECLET_ABI_EVENT_STARTED, 0, 0, 0};

struct Lines {
  std::mutex mutex;
  std::vector<std::string> lines;

  static void add(void *ctx, std::int32_t, const char *component, const char *message) {
    auto &self = *static_cast<Lines *>(ctx);
    const std::lock_guard lock(self.mutex);
    self.lines.push_back(std::string(component) + ": " + message);
  }
};

}  // namespace

TEST_CASE("Through the context of a call that has returned nothing arrives, and that is told once") {
  Lines log;
  const auto services = std::make_shared<Services>(&Lines::add, &log, EXECLET_LOG_INFO);
  const auto faults = std::make_shared<CallFaults>(services, "bad");
  Receiver receiver;
  execlet_abi_call kept{};
  {
    CallContext context(services->wake_fds, &receiver, nullptr);
    {
      const CallContext::OpenCall call = context.open_call(kNever, faults);
      kept = *call.get();
      CHECK(kept.emit(kept.ctx, &kStarted) == EXECLET_ABI_OK);
      CHECK(kept.cancelled(kept.ctx) == EXECLET_ABI_CANCEL_NONE);
    }
    CHECK(receiver.received == 1);
    const CallContext::OpenCall next = context.open_call(kNever, faults);
    CHECK(kept.emit(kept.ctx, &kStarted) == EXECLET_ABI_CANCELLED);
    CHECK(kept.cancelled(kept.ctx) == EXECLET_ABI_CANCEL_KILL);
    CHECK(receiver.received == 1);
  }
  // Also when the context itself is gone and others use its place.
  std::vector<std::unique_ptr<CallContext>> others;
  for (int i = 0; i < 100; ++i) {
    others.push_back(std::make_unique<CallContext>(services->wake_fds, &receiver, nullptr));
    const CallContext::OpenCall call = others.back()->open_call(kNever, faults);
    CHECK(kept.emit(kept.ctx, &kStarted) == EXECLET_ABI_CANCELLED);
    std::uint64_t size = 1;
    char byte = 0;
    CHECK(kept.read_input(kept.ctx, &byte, 1, &size) == EXECLET_ABI_NOT_FOUND);
    CHECK(size == 0);
  }
  CHECK(receiver.received == 1);
  REQUIRE(log.lines.size() == 1);
  CHECK_THAT(log.lines[0], Catch::Contains("bad: ") && Catch::Contains("a call that has returned"));
}

TEST_CASE("Events that come from two threads at once are told once") {
  Lines log;
  const auto services = std::make_shared<Services>(&Lines::add, &log, EXECLET_LOG_INFO);
  Receiver receiver;
  Gate inside, told;
  receiver.on_event = [&, first = true](const execlet_abi_event &) mutable {
    if (!std::exchange(first, false)) return;
    inside.open();
    told.wait();
  };
  CallContext context(services->wake_fds, &receiver, nullptr);
  const CallContext::OpenCall call = context.open_call(kNever, std::make_shared<CallFaults>(services, "bad"));
  std::thread other([&] { call.get()->emit(call.get()->ctx, &kStarted); });
  inside.wait();
  call.get()->emit(call.get()->ctx, &kStarted);
  told.open();
  other.join();
  REQUIRE(log.lines.size() == 1);
  CHECK_THAT(log.lines[0], Catch::Contains("two threads at once"));
}

TEST_CASE("A call ends only when no thread of the plugin is inside its context any more") {
  const auto services = std::make_shared<Services>(nullptr, nullptr, EXECLET_LOG_OFF);
  Receiver receiver;
  CallContext context(services->wake_fds, &receiver, nullptr);
  std::atomic<bool> over{false};
  std::mutex mutex;
  execlet_abi_call latest{};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (!over) {
        execlet_abi_call call{};
        {
          const std::lock_guard lock(mutex);
          call = latest;
        }
        if (call.emit == nullptr) continue;
        call.emit(call.ctx, &kStarted);
        call.cancelled(call.ctx);
      }
    });
  for (int round = 0; round < 500; ++round) {
    receiver.open = true;
    {
      const CallContext::OpenCall call = context.open_call(kNever, nullptr);
      const std::lock_guard lock(mutex);
      latest = *call.get();
    }
    receiver.open = false;
  }
  over = true;
  for (std::thread &thread : threads) thread.join();
  CHECK(receiver.late == 0);
}

TEST_CASE("A receiver without memory costs the event and ends the run, and throws at no plugin") {
  const auto services = std::make_shared<Services>(nullptr, nullptr, EXECLET_LOG_OFF);
  Receiver receiver;
  receiver.on_event = [](const execlet_abi_event &) { throw std::bad_alloc(); };
  CallContext context(services->wake_fds, &receiver, nullptr);
  const CallContext::OpenCall call = context.open_call(kNever, nullptr);
  CHECK(call.get()->emit(call.get()->ctx, &kStarted) == EXECLET_ABI_CANCELLED);
  CHECK(context.level() == EXECLET_ABI_CANCEL_KILL);
}

TEST_CASE("A bounded call is waited for until its bound, and has let go of everything once it has returned") {
  RunThreads threads;
  const auto value = std::make_shared<int>(0);
  BoundedCall quick(threads, [value] { *value = 1; });
  REQUIRE(quick.wait(Clock::now() + 10s));
  CHECK(*value == 1);
  CHECK(value.use_count() == 1);

  const auto gate = std::make_shared<Gate>();
  BoundedCall slow(threads, [gate] { gate->wait(); });
  CHECK_FALSE(slow.wait(Clock::now() + 10ms));
  gate->open();
  CHECK(slow.wait(Clock::now() + 10s));
}

TEST_CASE("A bounded call is made although all threads are taken, and when the pool is closed") {
  RunThreads threads(1);
  Gate gate;
  REQUIRE(threads.post([&] { gate.wait(); }));
  bool waiting_ran = false;
  REQUIRE(threads.post([&] { waiting_ran = true; }));
  bool called = false;
  BoundedCall urgent(threads, [&] { called = true; });
  CHECK(urgent.wait(Clock::now() + 10s));
  CHECK(called);
  gate.open();
  CHECK(threads.close(Clock::now() + 10s) == 0);
  CHECK(waiting_ran);

  bool called_late = false;
  BoundedCall late(threads, [&] { called_late = true; });
  CHECK(late.wait(Clock::now() + 10s));
  CHECK(called_late);
}

TEST_CASE("What a plugin throws is an error of its call") {
  PluginError error;
  CHECK(contained(error, [] { return EXECLET_ABI_OK; }) == EXECLET_ABI_OK);
  CHECK(error.reason.empty());
  CHECK(contained(error, []() -> execlet_abi_status { throw std::runtime_error("two\nlines"); }) ==
        EXECLET_ABI_INTERNAL);
  CHECK(error.reason == "plugin.exception");
  CHECK(error.message == "two lines");
  CHECK(contained(error, []() -> execlet_abi_status { throw 1; }) == EXECLET_ABI_INTERNAL);
  CHECK_THAT(error.message, Catch::Contains("another kind"));
}

TEST_CASE("A cancel that a plugin does not return from holds up neither the canceller nor other deadlines") {
  FakePlugin plugin;
  Gate release;
  plugin.run = [&](FakeRun &run) {
    run.started();
    run.wait_for_cancel(EXECLET_ABI_CANCEL_KILL);
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  plugin.cancel = [&](execlet_abi_cancel) { release.wait(); };
  FakeExecutor fake(plugin);
  const auto first = fake.submit(code_request());
  const auto begin = Clock::now();
  first->cancel();
  CHECK(Clock::now() - begin < 5s);
  Request request = code_request();
  request.timeout = 0.05;
  request.kill_grace = 0;
  const auto second = fake.submit(request);
  REQUIRE(second->wait(Clock::now() + 15s));
  // A run that returns before its cancel began is not held up by it.
  const std::string reason = second->result().failure.reason;
  CHECK((reason == "plugin.stuck" || reason == "run.timeout"));
  REQUIRE(first->wait(Clock::now() + 15s));
  release.open();
}

TEST_CASE("A cancel reaches the plugin also when the threads of the runtime take nothing any more") {
  FakePlugin plugin;
  Gate running;
  std::atomic<int> cancels{0};
  std::atomic<int> *const counted = &cancels;
  plugin.run = [&](FakeRun &run) {
    run.started();
    running.open();
    // By nothing but its cancel function does this plugin learn that it should stop.
    eventually([&] { return cancels != 0; });
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  plugin.cancel = [counted](execlet_abi_cancel) { ++*counted; };
  FakeExecutor fake(plugin);
  const auto execution = fake.executor->begin(std::make_shared<const Request>(code_request()), {});
  std::thread runner([&] { execution->run(); });
  running.wait();
  fake.services->threads.close(Clock::now() + 10s);
  execution->cancel();
  CHECK(execution->result().status == EXECLET_CANCELLED);
  runner.join();
  CHECK(cancels != 0);
}

// UBSan opens a pipe to look at an object before it believes in its type, and takes having none for a fault.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("Without a descriptor to wake it by, a backend is asked for no facts") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none = {0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto described = fake.executor->describe();
  const auto inspected = fake.executor->inspect();
  setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE_FALSE(described.ok());
  REQUIRE_FALSE(inspected.ok());
  CHECK(described.failure().reason == "host.descriptors");
  CHECK(inspected.failure().reason == "host.descriptors");
  CHECK(plugin.describes == 0);
  CHECK(fake.executor->describe().ok());
}
#endif

TEST_CASE("Submitting what depends on the languages of a backend does not wait for its answer") {
  FakePlugin plugin;
  plugin.description = R"({"languages": [{"name": "bash", "available": true}]})";
  Gate asked, release;
  plugin.on_describe = [&] {
    asked.open();
    release.wait();
  };
  std::atomic<int> bash_runs{0};
  plugin.run = [&](FakeRun &run) {
    if (std::string_view(run.request->language.data, run.request->language.size) == "bash") ++bash_runs;
    run.started();
    return run.exit(0);
  };
  Request request = code_request("1", "");
  if (GENERATE(false, true)) {
    request.code.reset();
    request.has_blocks = true;
    request.blocks.push_back({"bash", "1", 1});
  }
  const bool cancelled = GENERATE(false, true);
  FakeExecutor fake(plugin);
  const auto first = fake.submit(request);
  asked.wait();
  const auto second = fake.submit(request);
  CHECK_FALSE(first->wait(Clock::now() + 20ms));
  CHECK(fake.submit(code_request("1", "python"))->result().status == EXECLET_OK);
  if (cancelled) {  // nor does that wait
    first->cancel();
    second->cancel();
    CHECK(first->result().status == EXECLET_CANCELLED);
    CHECK(second->result().status == EXECLET_CANCELLED);
    release.open();
  } else {
    release.open();
    CHECK(first->result().status == EXECLET_OK);
    CHECK(second->result().status == EXECLET_OK);
    CHECK(bash_runs == 2);
  }
  CHECK(plugin.describes == 1);
}

TEST_CASE("What is wrong with a request whose languages had to be asked for is its result") {
  FakePlugin plugin;
  plugin.description = R"({"languages": [{"name": "bash"}, {"name": "python"}]})";
  FakeExecutor fake(plugin);
  const auto missing = fake.submit(code_request("1", ""));
  CHECK(missing->result().status == EXECLET_INVALID_REQUEST);
  CHECK(missing->result().failure.reason == "language.missing");
  CHECK(plugin.opened == 0);
}

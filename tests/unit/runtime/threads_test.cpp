// SPDX-License-Identifier: Apache-2.0
//
// The timer and the pool by themselves.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "catch.h"
#include "fake_plugin.h"
#include "instance/deadlines.h"
#include "instance/run_threads.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

namespace {

struct Bell final : Alarm {
  std::atomic<int> rung{0};
  Gate gate;
  void on_deadline() override {
    ++rung;
    gate.open();
  }
};

}  // namespace

TEST_CASE("A deadline fires at its time, an earlier one before a later one") {
  RunThreads threads;
  Deadlines deadlines{threads};
  const auto late = std::make_shared<Bell>();
  const auto early = std::make_shared<Bell>();
  const TimePoint now = Clock::now();
  deadlines.arm(now + 10min, late);
  deadlines.arm(now + 20ms, early);
  early->gate.wait();
  CHECK(Clock::now() >= now + 20ms);
  CHECK(late->rung == 0);
}

TEST_CASE("An alarm whose last owner went away while it rang is ended off the timer, which it may still use") {
  RunThreads threads;
  Deadlines deadlines{threads};
  struct Owned final : Alarm {
    Owned(Deadlines &timer, Gate &rings, Gate &go_on, Gate &end)
        : deadlines(timer), ringing(rings), released(go_on), ended(end) {}
    ~Owned() {
      deadlines.disarm(deadlines.arm(Clock::now() + 1h, {}));
      ended.open();
    }
    void on_deadline() override {
      ringing.open();
      released.wait();
    }
    Deadlines &deadlines;
    Gate &ringing, &released, &ended;
  };
  Gate ringing, released, ended;
  auto alarm = std::make_shared<Owned>(deadlines, ringing, released, ended);
  deadlines.arm(Clock::now(), alarm);
  ringing.wait();
  alarm.reset();
  released.open();
  ended.wait();
}

TEST_CASE("A disarmed deadline and one whose alarm is gone do not fire") {
  RunThreads threads;
  Deadlines deadlines{threads};
  const auto disarmed = std::make_shared<Bell>();
  const auto last = std::make_shared<Bell>();
  const TimePoint now = Clock::now();
  const Deadlines::Id id = deadlines.arm(now + 5ms, disarmed);
  deadlines.arm(now + 5ms, std::make_shared<Bell>());
  deadlines.arm(now + 10ms, last);
  deadlines.disarm(id);
  last->gate.wait();
  CHECK(disarmed->rung == 0);
}

TEST_CASE("A closed timer fires nothing more") {
  RunThreads threads;
  Deadlines deadlines{threads};
  const auto bell = std::make_shared<Bell>();
  deadlines.arm(Clock::now() + 10min, bell);
  deadlines.close();
  deadlines.arm(Clock::now(), bell);
  CHECK(bell->rung == 0);
}

TEST_CASE("Tasks that block each get a thread up to the cap, and the rest waits in order") {
  RunThreads threads(4, 5s);
  Gate release;
  std::atomic<int> running{0};
  Gate four;
  std::mutex mutex;
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) {
    threads.post([&] {
      if (++running == 4) four.open();
      release.wait();
    });
  }
  for (int i = 0; i < 3; ++i) {
    threads.post([&, i] {
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
  }
  four.wait();
  CHECK(running == 4);
  {
    const std::lock_guard lock(mutex);
    CHECK(order.empty());
  }
  release.open();
  CHECK(threads.close(Clock::now() + 10s) == 0);
  CHECK(order.size() == 3);
}

TEST_CASE("Urgent tasks go before and beyond the cap, and do not hide that the others are blocked") {
  RunThreads threads(64, 5s);
  Gate release, all_blocked;
  std::atomic<int> blocked{0}, hurried{0};
  for (int i = 0; i < 64; ++i) {
    threads.post([&] {
      if (++blocked == 64) all_blocked.open();
      release.wait();
    });
  }
  const TimePoint limit = Clock::now() + 10s;
  while (blocked < 64 && Clock::now() < limit) {
    const int before = hurried;
    REQUIRE(threads.post_urgent([&] { ++hurried; }));
    while (hurried == before && Clock::now() < limit) std::this_thread::yield();
  }
  all_blocked.wait();
  Gate done;
  REQUIRE(threads.post_urgent([&] { done.open(); }));
  done.wait();
  release.open();
  CHECK(threads.close(Clock::now() + 10s) == 0);
}

TEST_CASE("There are no more threads by default than descriptors for what they run") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  for (const rlim_t descriptors : {16u, 256u, 1024u}) {
    const rlimit few{descriptors, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
    const std::size_t cap = RunThreads::default_cap();
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(cap >= 8);
    CHECK(cap <= std::max<std::size_t>(8, descriptors / 8));
  }
}

TEST_CASE("A burst of short tasks is done by few threads") {
  RunThreads threads(1024, 5s);
  std::mutex mutex;
  std::vector<std::thread::id> seen;
  for (int i = 0; i < 1000; ++i) {
    threads.post([&] {
      const std::lock_guard lock(mutex);
      if (std::find(seen.begin(), seen.end(), std::this_thread::get_id()) == seen.end())
        seen.push_back(std::this_thread::get_id());
    });
  }
  CHECK(threads.close(Clock::now() + 10s) == 0);
  CHECK(seen.size() < 32);
}

TEST_CASE("Idle threads end, and the pool works again afterwards") {
  RunThreads threads(8, 1ms);
  for (int i = 0; i < 50; ++i) {
    Gate done;
    threads.post([&] { done.open(); });
    done.wait();
    if (i % 10 == 0) std::this_thread::sleep_for(5ms);
  }
  CHECK(threads.close(Clock::now() + 10s) == 0);
}

TEST_CASE("A thread that was left behind and then returns ends in peace") {
  Gate release, running, returned;
  RunThreads threads;
  threads.post([&] {
    running.open();
    release.wait();
    // Opened when the thread has taken leave of the pool: a thread's own objects are destroyed last.
    struct Farewell {
      Gate *gate = nullptr;
      ~Farewell() { gate->open(); }
    };
    thread_local Farewell farewell;
    farewell.gate = &returned;
  });
  running.wait();
  CHECK(threads.close(Clock::now() + 10ms) == 1);
  release.open();
  returned.wait();
  CHECK(threads.close(Clock::now() + 10s) == 0);
}

TEST_CASE("A pool that closes leaves a thread behind whose task does not return") {
  const auto release = std::make_shared<Gate>();
  const auto running = std::make_shared<Gate>();
  {
    RunThreads threads;
    threads.post([release, running] {
      running->open();
      release->wait();
    });
    running->wait();
    CHECK(threads.close(Clock::now() + 10ms) == 1);
    CHECK_FALSE(threads.post([] {}));
  }
  release->open();
}

// SPDX-License-Identifier: Apache-2.0
#include "run_threads.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <utility>

namespace execlet::core {
namespace {

// How long a thread that ran out of tasks looks for the next one before it sleeps: less than waking it costs, and
// only one does so at a time.
constexpr Nanoseconds kLookTime = std::chrono::microseconds(20);
// Threads that took no task for so long are taken to be blocked: more than a short run needs.
constexpr Nanoseconds kPatience = std::chrono::milliseconds(2);

constexpr std::size_t kMostThreads = 1024;
constexpr std::size_t kLeastThreads = 8;
constexpr rlim_t kDescriptorsPerRun = 8;  // of a local instance that is being opened
constexpr rlim_t kHostsDescriptors = 64;  // left to the host itself

}  // namespace

// Growth: as long as tasks are taken, as many threads as there are processors do the work, since more would only stand
// in each other's way. One more watches: when none was taken for kPatience, those that run are blocked, and others may
// join, twice as many each time. Threads are woken or started one at a time, by whoever sees tasks and no thread about
// to look for one: a task being posted, or a thread that took one. So the poster never waits for a thread.
struct RunThreads::Pool : std::enable_shared_from_this<RunThreads::Pool> {
  const std::size_t cap;
  const Nanoseconds idle_time;
  const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());

  std::mutex mutex;
  std::condition_variable posted;
  std::condition_variable closing;
  std::condition_variable ended;
  std::deque<Task> urgent;
  std::deque<Task> queue;
  std::atomic<std::size_t> waiting{0};  // in both, for the one who looks without the lock
  std::list<std::thread> threads;       // running
  std::list<std::thread> finished;      // past their last task, to be joined
  std::size_t running = 0;              // of the threads, in a task that is not urgent
  std::size_t allowed = processors;     // of these
  std::size_t joining = 1;              // how many more are allowed when the watcher sees them blocked
  std::uint64_t begun = 0;              // tasks that are not urgent, ever
  std::size_t sleeping = 0;
  std::size_t woken = 0;  // of the sleeping ones, told to look and not yet there
  bool starting = false;
  bool looking = false;
  bool watching = false;
  std::atomic<bool> closed{false};

  Pool(std::size_t most, Nanoseconds idle) : cap(most), idle_time(idle) {}

  // All with the lock held.
  bool may_take() const { return !urgent.empty() || (!queue.empty() && running < allowed); }
  bool needs_watcher() const { return !queue.empty() && !watching; }
  // Threads that take a task, or watch, without being told.
  bool is_coming() const { return woken > 0 || starting || looking; }

  // False if there are tasks and no thread for them.
  bool call_for_threads() {
    if (is_coming() || (!may_take() && !needs_watcher())) return true;
    if (sleeping > 0) {
      ++woken;
      posted.notify_one();
      return true;
    }
    return (threads.size() >= cap && urgent.empty()) || start_thread() || !threads.empty();
  }

  // False if the system has no thread to give.
  bool start_thread() {
    threads.emplace_back();
    const auto self = std::prev(threads.end());
    try {
      *self = std::thread([pool = shared_from_this(), self] { pool->work(self); });
      starting = true;
      return true;
    } catch (const std::system_error &) {
      threads.erase(self);
      return false;
    }
  }

  void work(std::list<std::thread>::iterator self) {
    std::unique_lock lock(mutex);
    starting = false;
    while (wait_for_task(lock)) {
      const bool hurries = !urgent.empty();
      Task task = take(hurries ? urgent : queue);
      running += hurries ? 0 : 1;
      begun += hurries ? 0 : 1;
      call_for_threads();
      lock.unlock();
      task();
      task = nullptr;  // what it holds is released outside the lock
      lock.lock();
      running -= hurries ? 0 : 1;
    }
    if (closed) posted.notify_all();  // there was more to do when they were told to end
    if (self->joinable())
      finished.splice(finished.end(), threads, self);
    else  // close gave it up
      threads.erase(self);
    ended.notify_all();
  }

  Task take(std::deque<Task> &from) {
    Task task = std::move(from.front());
    from.pop_front();
    --waiting;
    return task;
  }

  // False if the thread shall end.
  bool wait_for_task(std::unique_lock<std::mutex> &lock) {
    while (!may_take()) {
      if (needs_watcher()) {
        watch(lock);
        continue;
      }
      if (queue.empty()) {
        // Whatever still runs is in no hurry to come back: it shall not stand in the way of what comes.
        allowed = running + processors;
        joining = 1;
        if (!closed && !looking) {
          look(lock);
          if (waiting != 0) continue;
        }
      }
      if ((closed && queue.empty()) || !sleep(lock)) return false;
    }
    return true;
  }

  void look(std::unique_lock<std::mutex> &lock) {
    looking = true;
    lock.unlock();
    const TimePoint limit = Clock::now() + kLookTime;
    while (waiting == 0 && !closed && Clock::now() < limit) std::this_thread::yield();
    lock.lock();
    looking = false;
  }

  void watch(std::unique_lock<std::mutex> &lock) {
    watching = true;
    const std::uint64_t before = begun;
    closing.wait_for(lock, kPatience);
    watching = false;
    if (begun != before || queue.empty()) return;
    allowed = running + joining;
    joining *= 2;
  }

  // False if nothing came for idle_time, or there is nothing to come.
  bool sleep(std::unique_lock<std::mutex> &lock) {
    const TimePoint limit = Clock::now() + idle_time;
    ++sleeping;
    bool late = false;
    while (!late && !may_take() && !needs_watcher() && !(closed && queue.empty())) {
      late = posted.wait_until(lock, limit) == std::cv_status::timeout;
      // Also when late: the call may have met the end of the sleep. Counting one too few wakes one too many at worst.
      if (woken > 0) --woken;
    }
    --sleeping;
    return !late || may_take() || needs_watcher();
  }

  static void join(std::list<std::thread> &list) {
    for (std::thread &thread : list) thread.join();
    list.clear();
  }
};

std::size_t RunThreads::default_cap() {
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return kMostThreads;
  const rlim_t spare = descriptors.rlim_cur - std::min(descriptors.rlim_cur, kHostsDescriptors);
  return static_cast<std::size_t>(std::clamp<rlim_t>(spare / kDescriptorsPerRun, kLeastThreads, kMostThreads));
}

RunThreads::RunThreads(std::size_t cap, Nanoseconds idle_time) : pool_(std::make_shared<Pool>(cap, idle_time)) {}

RunThreads::~RunThreads() {
  close(Clock::now());
}

bool RunThreads::post(Task task) {
  return add(std::move(task), pool_->queue);
}

bool RunThreads::post_urgent(Task task) {
  return add(std::move(task), pool_->urgent);
}

bool RunThreads::add(Task task, std::deque<Task> &to) {
  std::list<std::thread> finished;
  {
    const std::lock_guard lock(pool_->mutex);
    if (pool_->closed) return false;
    to.push_back(std::move(task));
    ++pool_->waiting;
    if (!pool_->call_for_threads()) {
      task = std::move(to.back());  // what it holds is released outside the lock
      to.pop_back();
      --pool_->waiting;
      return false;
    }
    finished.swap(pool_->finished);
  }
  Pool::join(finished);
  return true;
}

std::size_t RunThreads::close(TimePoint limit) {
  std::unique_lock lock(pool_->mutex);
  pool_->closed = true;
  pool_->posted.notify_all();
  pool_->closing.notify_all();
  pool_->ended.wait_until(lock, limit, [this] { return pool_->threads.empty(); });
  std::list<std::thread> finished;
  finished.swap(pool_->finished);
  const std::size_t held_back = pool_->threads.size();
  for (std::thread &thread : pool_->threads) {
    if (thread.joinable()) thread.detach();
  }
  lock.unlock();
  Pool::join(finished);
  return held_back;
}

}  // namespace execlet::core

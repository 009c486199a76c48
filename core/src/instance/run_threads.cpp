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

constexpr std::size_t kMostThreads = 1024;
constexpr std::size_t kLeastThreads = 8;
constexpr rlim_t kDescriptorsPerRun = 8;  // of a local instance that is being opened
constexpr rlim_t kHostsDescriptors = 64;  // left to the host itself

}  // namespace

// Growth: one thread is woken or started at a time, by whoever sees more tasks than threads about to look for one: a
// task being posted, or a thread that took one. So a burst of short tasks is done by few threads, and tasks that block
// get theirs one after the other, without the poster waiting for it.
struct RunThreads::Pool : std::enable_shared_from_this<RunThreads::Pool> {
  std::size_t cap;
  Nanoseconds idle_time;

  std::mutex mutex;
  std::condition_variable posted;
  std::condition_variable ended;
  std::deque<Task> queue;
  std::atomic<std::size_t> queue_size{0};  // of `queue`, for the one who looks without the lock
  std::list<std::thread> threads;          // running
  std::list<std::thread> finished;         // past their last task, to be joined
  std::size_t sleeping = 0;
  std::size_t woken = 0;  // of the sleeping ones, told to look and not yet there
  bool starting = false;
  bool looking = false;
  std::atomic<bool> closed{false};

  // Threads that take a task without being told.
  std::size_t coming() const { return woken + (starting ? 1 : 0) + (looking ? 1 : 0); }

  // Called with the lock held after the queue or `coming` changed. False if there are tasks and no thread for them.
  bool call_for_threads(bool urgent = false) {
    if (queue.size() <= coming() || starting) return true;
    if (sleeping > woken) {
      ++woken;
      posted.notify_one();
      return true;
    }
    return (threads.size() >= cap && !urgent) || start_thread() || !threads.empty();
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
    while (next_task_arrived(lock)) {
      Task task = std::move(queue.front());
      queue.pop_front();
      queue_size = queue.size();
      call_for_threads();
      lock.unlock();
      task();
      task = nullptr;  // what it holds is released outside the lock
      lock.lock();
    }
    if (self->joinable())
      finished.splice(finished.end(), threads, self);
    else  // close gave it up
      threads.erase(self);
    ended.notify_all();
  }

  bool next_task_arrived(std::unique_lock<std::mutex> &lock) {
    if (queue.empty() && !closed && !looking) look(lock);
    if (queue.empty() && !closed) sleep(lock);
    return !queue.empty();
  }

  void look(std::unique_lock<std::mutex> &lock) {
    looking = true;
    lock.unlock();
    const TimePoint limit = Clock::now() + kLookTime;
    while (queue_size == 0 && !closed && Clock::now() < limit) std::this_thread::yield();
    lock.lock();
    looking = false;
  }

  void sleep(std::unique_lock<std::mutex> &lock) {
    const TimePoint limit = Clock::now() + idle_time;
    ++sleeping;
    while (queue.empty() && !closed) {
      const bool late = posted.wait_until(lock, limit) == std::cv_status::timeout;
      // Also when late: the call may have met the end of the sleep. Counting one too few wakes one too many at worst.
      if (woken > 0) --woken;
      if (late) break;
    }
    --sleeping;
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

RunThreads::RunThreads(std::size_t cap, Nanoseconds idle_time) : pool_(std::make_shared<Pool>()) {
  pool_->cap = cap;
  pool_->idle_time = idle_time;
}

RunThreads::~RunThreads() {
  close(Clock::now());
}

bool RunThreads::post(Task task) {
  return add(std::move(task), false);
}

bool RunThreads::post_urgent(Task task) {
  return add(std::move(task), true);
}

bool RunThreads::add(Task task, bool urgent) {
  std::list<std::thread> finished;
  {
    const std::lock_guard lock(pool_->mutex);
    if (pool_->closed) return false;
    urgent ? pool_->queue.push_front(std::move(task)) : pool_->queue.push_back(std::move(task));
    pool_->queue_size = pool_->queue.size();
    if (!pool_->call_for_threads(urgent)) {
      // What it holds is released outside the lock.
      task = std::move(urgent ? pool_->queue.front() : pool_->queue.back());
      urgent ? pool_->queue.pop_front() : pool_->queue.pop_back();
      pool_->queue_size = pool_->queue.size();
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

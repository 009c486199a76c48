// SPDX-License-Identifier: Apache-2.0
#include "run_threads.h"

#include <system_error>
#include <utility>

namespace execlet::core {

// Growth: one thread is started at a time, by whoever sees more tasks than idle threads: a task being posted, or a
// thread that took one. So a burst of short tasks is done by few threads, and tasks that block get theirs one start of
// a thread after the other, without the poster waiting for it.
struct RunThreads::Pool : std::enable_shared_from_this<RunThreads::Pool> {
  std::size_t cap;
  Nanoseconds idle_time;

  std::mutex mutex;
  std::condition_variable posted;
  std::condition_variable ended;
  std::deque<Task> queue;
  std::list<std::thread> threads;   // running
  std::list<std::thread> finished;  // past their last task, to be joined
  std::size_t idle = 0;
  bool starting = false;
  bool closed = false;

  bool needs_thread() const { return queue.size() > idle && !starting && threads.size() < cap; }

  // Called with the lock held. False if the system has no thread to give.
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
      if (needs_thread()) start_thread();
      lock.unlock();
      task();
      task = nullptr;  // what it holds is released outside the lock
      lock.lock();
    }
    finished.splice(finished.end(), threads, self);
    ended.notify_all();
  }

  bool next_task_arrived(std::unique_lock<std::mutex> &lock) {
    if (queue.empty() && !closed) {
      ++idle;
      posted.wait_for(lock, idle_time, [this] { return !queue.empty() || closed; });
      --idle;
    }
    return !queue.empty();
  }

  static void join(std::list<std::thread> &list) {
    for (std::thread &thread : list) thread.join();
    list.clear();
  }
};

RunThreads::RunThreads(std::size_t cap, Nanoseconds idle_time) : pool_(std::make_shared<Pool>()) {
  pool_->cap = cap;
  pool_->idle_time = idle_time;
}

RunThreads::~RunThreads() {
  close(Clock::now());
}

bool RunThreads::post(Task task) {
  std::list<std::thread> finished;
  bool wake = false;
  {
    const std::lock_guard lock(pool_->mutex);
    if (pool_->closed) return false;
    pool_->queue.push_back(std::move(task));
    wake = pool_->idle > 0;
    if (pool_->needs_thread() && !pool_->start_thread() && pool_->threads.empty()) {
      pool_->queue.pop_back();  // with other threads around one of them takes it later
      return false;
    }
    finished.swap(pool_->finished);
  }
  if (wake) pool_->posted.notify_one();
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

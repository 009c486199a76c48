// SPDX-License-Identifier: Apache-2.0
#include "deadlines.h"

namespace execlet::core {

Deadlines::Id Deadlines::arm(TimePoint time, std::weak_ptr<Alarm> alarm) {
  if (time == kNever) return {};
  Id id;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return {};
    id = {time, ++last_number_};
    if (!thread_.joinable()) thread_ = std::thread(&Deadlines::loop, this);  // first: it may throw
    armed_.emplace(std::pair(id.time, id.number), std::move(alarm));
    wake = time < asleep_until_;
  }
  if (wake) changed_.notify_one();
  return id;
}

void Deadlines::disarm(Id id) {
  if (id.number == 0) return;
  const std::lock_guard lock(mutex_);
  armed_.erase({id.time, id.number});
}

void Deadlines::close() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    armed_.clear();
    thread.swap(thread_);
  }
  changed_.notify_one();
  if (thread.joinable()) thread.join();
}

void Deadlines::sleep(std::unique_lock<std::mutex> &lock, TimePoint until) {
  asleep_until_ = until;
  if (until == kNever)
    changed_.wait(lock);
  else
    changed_.wait_until(lock, until);
  asleep_until_ = TimePoint::min();
}

void Deadlines::loop() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    if (armed_.empty()) {
      sleep(lock, kNever);
      continue;
    }
    const auto first = armed_.begin();
    const TimePoint time = first->first.first;
    if (Clock::now() < time) {
      sleep(lock, time);
      continue;
    }
    std::shared_ptr<Alarm> due = first->second.lock();
    armed_.erase(first);
    if (!due) continue;
    lock.unlock();
    due->on_deadline();
    // Whoever shared it may be gone: what ends with it may take its time, and may come back to disarm.
    threads_.post([ended = std::move(due)] {});
    lock.lock();
  }
}

}  // namespace execlet::core

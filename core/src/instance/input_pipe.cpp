// SPDX-License-Identifier: Apache-2.0
#include "input_pipe.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace execlet::core {

void InputPipe::begin(std::string_view given, bool open) {
  const std::lock_guard lock(mutex_);
  given_ = given;
  open_ = open;
}

void InputPipe::set_reader(std::function<void()> on_change) {
  const std::lock_guard lock(mutex_);
  on_change_ = std::move(on_change);
}

bool InputPipe::write(std::string_view data) {
  while (!data.empty()) {
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [this] { return abandoned_ || !open_ || buffer_.size() - begin_ < kCapacity; });
      if (abandoned_ || !open_) return false;
      if (begin_ == buffer_.size()) {
        buffer_.clear();
        begin_ = 0;
      } else if (begin_ >= kCapacity) {
        buffer_.erase(0, std::exchange(begin_, 0));
      }
      const std::size_t taken = std::min(data.size(), kCapacity - (buffer_.size() - begin_));
      buffer_.append(data.substr(0, taken));
      data.remove_prefix(taken);
    }
    notify_reader();
  }
  const std::lock_guard lock(mutex_);
  return !abandoned_;
}

void InputPipe::end_input() {
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  room_.notify_all();
  notify_reader();
}

void InputPipe::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  room_.notify_all();
}

InputPipe::Read InputPipe::read(char *buffer, std::size_t capacity, std::size_t &size) {
  bool made_room = false;
  {
    const std::lock_guard lock(mutex_);
    const std::string_view buffered = std::string_view(buffer_).substr(begin_);
    const std::string_view source = given_.empty() ? buffered : given_;
    size = std::min(source.size(), capacity);
    if (size == 0) return open_ || !source.empty() ? Read::kNothing : Read::kEnd;
    std::memcpy(buffer, source.data(), size);
    if (given_.empty()) {
      begin_ += size;
      made_room = true;
    } else {
      given_.remove_prefix(size);
    }
  }
  if (made_room) room_.notify_one();
  return Read::kSome;
}

bool InputPipe::readable() {
  const std::lock_guard lock(mutex_);
  return readable_locked();
}

void InputPipe::notify_reader() {
  std::function<void()> on_change;
  {
    const std::lock_guard lock(mutex_);
    on_change = on_change_;
  }
  if (on_change) on_change();
}

}  // namespace execlet::core

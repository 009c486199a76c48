// SPDX-License-Identifier: Apache-2.0
//
// Standard input of one execution: bytes given with the request, then what the host writes while it runs. Bounded, so
// that a fast writer waits for the program.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace execlet::core {

// Thread-safe.
class InputPipe {
 public:
  static constexpr std::size_t kCapacity = 256 << 10;

  // `given` is borrowed and comes first; `open` = more may be written.
  void begin(std::string_view given, bool open);
  // `on_change` is called, without a lock, when there may be something new to read.
  void set_reader(std::function<void()> on_change);

  // Copies all of `data`, waiting for room. False if the input was closed or the execution ended.
  bool write(std::string_view data);
  // No more will be written; what is buffered can still be read.
  void end_input();
  // The execution ended: writers return.
  void abandon();

  // Never blocks. kNothing: nothing there yet.
  enum class Read { kSome, kNothing, kEnd };
  Read read(char *buffer, std::size_t capacity, std::size_t &size);
  // True if read would not return kNothing.
  bool readable();

 private:
  bool readable_locked() const { return !given_.empty() || begin_ < buffer_.size() || !open_; }
  void notify_reader();

  std::mutex mutex_;
  std::condition_variable room_;
  std::string_view given_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is unread in buffer_
  bool open_ = false;
  bool abandoned_ = false;
  std::function<void()> on_change_;
};

}  // namespace execlet::core

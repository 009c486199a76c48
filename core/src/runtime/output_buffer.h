// SPDX-License-Identifier: Apache-2.0
//
// Retention of one output stream: the first bytes up to a number are kept, the rest is counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace execlet::core {

class OutputBuffer {
 public:
  explicit OutputBuffer(std::uint64_t retention) : retention_(retention) {}

  void append(std::string_view bytes) {
    const std::uint64_t room = gap_ ? 0 : retention_ - text_.size();
    const std::size_t kept = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), room));
    if (kept > 0) text_.append(bytes.data(), kept);
    truncated_ += bytes.size() - kept;
  }
  // Bytes that were written and never seen. What comes after them is only counted: nothing is joined over a gap.
  void skip(std::uint64_t bytes) {
    gap_ = gap_ || bytes > 0;
    truncated_ += bytes;
  }
  std::uint64_t retention() const { return retention_; }
  std::uint64_t truncated() const { return truncated_; }
  std::string take() {
    truncated_ = 0;
    gap_ = false;
    return std::exchange(text_, {});
  }

 private:
  std::uint64_t retention_;
  std::uint64_t truncated_ = 0;
  bool gap_ = false;
  std::string text_;
};

}  // namespace execlet::core

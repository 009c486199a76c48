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
    const std::size_t kept = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), retention_ - text_.size()));
    if (kept > 0) text_.append(bytes.data(), kept);
    truncated_ += bytes.size() - kept;
  }
  std::uint64_t truncated() const { return truncated_; }
  std::string take() {
    truncated_ = 0;
    return std::exchange(text_, {});
  }

 private:
  std::uint64_t retention_;
  std::uint64_t truncated_ = 0;
  std::string text_;
};

}  // namespace execlet::core

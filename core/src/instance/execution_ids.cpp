// SPDX-License-Identifier: Apache-2.0
#include "execution_ids.h"

#include <charconv>
#include <random>

namespace execlet::core {

ExecutionIds::ExecutionIds() {
  std::random_device random;
  std::uint64_t bits = (static_cast<std::uint64_t>(random()) << 32) | random();
  prefix_ = "x";
  for (int i = 0; i < 16; ++i, bits >>= 4) prefix_ += "0123456789abcdef"[bits & 15];
  prefix_ += '-';
}

std::string ExecutionIds::next() {
  char digits[20];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, count_.fetch_add(1, std::memory_order_relaxed) + 1).ptr;
  std::string id = prefix_;
  id.append(digits, end);
  return id;
}

}  // namespace execlet::core

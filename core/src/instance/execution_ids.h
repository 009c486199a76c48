// SPDX-License-Identifier: Apache-2.0
//
// Names of executions: unique among all processes, short, safe in file names and labels.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace execlet::core {

// Thread-safe.
class ExecutionIds {
 public:
  ExecutionIds();
  // "x" + 16 random hexadecimal digits of this runtime + "-" + a count.
  std::string next();

 private:
  std::string prefix_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace execlet::core

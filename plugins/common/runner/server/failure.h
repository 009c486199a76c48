// SPDX-License-Identifier: Apache-2.0
//
// Why something was not done, in the words that travel in a FAILED frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace execlet::runner {

// The values of execlet_abi_status that this program uses.
enum class Code : std::uint64_t {
  kInvalidArgument = 3,
  kNotFound = 5,
  kPolicy = 7,
  kResourceExhausted = 8,
  kInvalidState = 9,
  kInternal = 13,
  kUnavailable = 14,
};

struct Failure {
  Code code = Code::kInternal;
  std::string reason;   // stable dotted word
  std::string message;  // one line for people
};

// "Permission denied" for an errno value.
std::string_view error_text(int error);
std::string decimal(std::uint64_t value);

}  // namespace execlet::runner

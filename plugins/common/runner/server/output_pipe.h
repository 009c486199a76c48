// SPDX-License-Identifier: Apache-2.0
//
// One output stream of a program: from its pipe into OUTPUT frames, within the client's credit.
#pragma once

#include <cstdint>

#include "descriptor.h"
#include "protocol.h"
#include "transport.h"

namespace execlet::runner {

class OutputPipe {
 public:
  explicit OutputPipe(std::uint16_t stream) : stream_(stream) {}

  // Makes the pipe and returns the program's end of it; invalid with errno set if that fails.
  Descriptor open();
  void close() { pipe_.reset(); }

  bool is_open() const { return static_cast<bool>(pipe_); }
  int fd() const { return pipe_.get(); }
  std::uint64_t credit() const { return credit_; }
  void add_credit(std::uint64_t bytes);
  std::uint64_t bytes() const { return bytes_; }

  enum class Read { kSome, kEmpty, kClosed, kNoCredit };
  // Reads once, at most `allowance` bytes, and sends them; closes the pipe at its end.
  Read relay(Transport &transport, std::uint64_t allowance);

 private:
  std::uint16_t stream_;
  Descriptor pipe_;
  std::uint64_t credit_ = kInitialCredit;
  std::uint64_t bytes_ = 0;
  bool enlarged_ = false;
};

}  // namespace execlet::runner

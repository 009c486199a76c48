// SPDX-License-Identifier: Apache-2.0
//
// One output stream of a program: from its pipe into OUTPUT frames, within the client's credit.
#pragma once

#include <cstdint>

#include "descriptor.h"
#include "protocol.h"
#include "transport.h"

namespace execlet::runner {

// Both ends of a pipe whose reader does not block. Never used for two programs: the first could have given its end
// away.
struct PipeEnds {
  Descriptor reader, writer;
  // Makes it unless it is there; false with errno set if that fails.
  bool make();
};

class OutputPipe {
 public:
  explicit OutputPipe(std::uint16_t stream) : stream_(stream) {}

  // Takes the ends of a fresh pipe.
  void open(PipeEnds &&fresh);
  // The program's end. It stays open here too, so that the end of a process does not wake the runner once per stream:
  // only the death of all of them says that no more will come.
  int program_end() const { return program_end_.get(); }
  void close() {
    pipe_.reset();
    program_end_.reset();
  }

  bool is_open() const { return static_cast<bool>(pipe_); }
  int fd() const { return pipe_.get(); }
  std::uint64_t credit() const { return credit_; }
  void add_credit(std::uint64_t bytes);
  std::uint64_t bytes() const { return bytes_; }

  // Reads once, at most `allowance` bytes, and sends them. False if nothing was there (or may be taken).
  bool relay(Transport &transport, std::uint64_t allowance);
  // True if there is at least one more byte, which is lost.
  bool probe();

 private:
  std::uint16_t stream_;
  Descriptor pipe_;
  Descriptor program_end_;
  std::uint64_t credit_ = kInitialCredit;
  std::uint64_t bytes_ = 0;
  bool enlarged_ = false;
};

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// Standard input of a program: from INPUT frames into its pipe. What it did not read yet is kept, at most one credit
// window of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "descriptor.h"
#include "transport.h"

namespace execlet::runner {

class InputPipe {
 public:
  // Makes the pipe and returns the program's end of it; invalid with errno set if that fails.
  Descriptor open();
  // False if the client sent more than its credit allows.
  bool take(std::string_view data, bool end, Transport &transport);
  // Writes what the pipe takes and gives credit back.
  void advance(Transport &transport);

  bool wants_write() const { return pipe_ && at_ < queue_.size(); }
  int fd() const { return pipe_.get(); }

 private:
  void consumed(std::size_t bytes, Transport &transport);

  Descriptor pipe_;
  std::string queue_;
  std::size_t at_ = 0;
  std::uint64_t not_credited_ = 0;
  bool ended_ = false;
};

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// Sends files of the working directory as FILE frames, within the credit of their stream: for artifacts and for GET.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "descriptor.h"
#include "failure.h"
#include "protocol.h"
#include "transport.h"

namespace execlet::runner {

class FileSender {
 public:
  FileSender(Transport &transport, int root, std::uint16_t stream, std::vector<std::string> paths,
             std::uint64_t max_file_bytes);

  // Sends what credit and socket allow. True when all files are sent.
  bool advance();
  // Sends no more; notes what is missing, if anything is.
  void stop();
  void add_credit(std::uint64_t bytes);
  std::uint16_t stream() const { return stream_; }
  // What was left out, as notices "code\0text".
  const std::vector<std::string> &notices() const { return notices_; }

 private:
  bool open_next();
  void send_chunk();

  Transport &transport_;
  int root_;
  std::uint16_t stream_;
  std::vector<std::string> paths_;
  std::uint64_t max_file_bytes_;
  std::size_t next_ = 0;
  Descriptor file_;
  std::uint64_t left_ = 0;  // of the open file
  bool announced_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t credit_ = kInitialCredit;
  std::string buffer_;
  std::vector<std::string> notices_;
};

}  // namespace execlet::runner

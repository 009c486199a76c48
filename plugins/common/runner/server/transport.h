// SPDX-License-Identifier: Apache-2.0
//
// The frame stream to the client: never blocks, keeps what could not be sent yet. Bounded because all that is bulky
// is sent only within a credit window.
#pragma once

#include <string>

#include "protocol.h"

namespace execlet::runner {

class Transport {
 public:
  explicit Transport(int socket) : socket_(socket) {}

  // Reads once. False at the end of the stream or on an error.
  bool receive();
  FrameReader::State next(Frame &frame) { return reader_.next(frame); }

  // Messages are appended here and go out with the next flush().
  std::string &out() { return out_; }
  // Sends what is pending and then `size` bytes at `bulk` (a whole frame); keeps the rest.
  void send(const char *bulk, std::size_t size);
  void flush() {
    if (pending() > 0) send(nullptr, 0);
  }
  std::size_t pending() const { return out_.size() - sent_; }
  // The peer is gone.
  bool broken() const { return broken_; }

 private:
  int socket_;
  FrameReader reader_;
  std::string out_;
  std::size_t sent_ = 0;
  bool broken_ = false;
};

}  // namespace execlet::runner

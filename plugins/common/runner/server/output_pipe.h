// SPDX-License-Identifier: Apache-2.0
//
// One output stream of a program: from its pipe into OUTPUT frames, within the client's credit. What the client only
// wants counted is thrown away here, where it costs neither a copy nor a wake-up of the client.
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
  // `drop_fd`: /dev/null, open for writing.
  OutputPipe(std::uint16_t stream, int drop_fd) : stream_(stream), drop_fd_(drop_fd) {}

  // Takes the ends of a fresh pipe. Bytes after the first `wanted` of it are skipped; 0 = none.
  void open(PipeEnds &&fresh, std::uint64_t wanted);
  // The program's end. It stays open here too, so that the end of a process does not wake the runner once per stream:
  // only the death of all of them says that no more will come.
  int program_end() const { return program_end_.get(); }
  void close() {
    pipe_.reset();
    program_end_.reset();
  }

  bool is_open() const { return static_cast<bool>(pipe_); }
  int fd() const { return pipe_.get(); }
  // True if the client takes more: it gave credit and keeps up, or the bytes are not for it.
  bool may_take(const Transport &transport) const;
  void add_credit(std::uint64_t bytes);
  std::uint64_t bytes() const { return bytes_; }
  // Until then (of monotonic_ns) a fast program is let write on before it is read again; 0 = it need not be.
  std::uint64_t rests_until() const { return rests_until_; }

  // It is read again as soon as there is something.
  void end_rest() { rest_ns_ = rests_until_ = 0; }

  // Takes once, at most `allowance` bytes. False if nothing was there (or may be taken).
  bool relay(Transport &transport, std::uint64_t allowance);
  // True if there is at least one more byte, which is lost.
  bool probe();
  // Tells the client what was skipped and not told yet.
  void report_skipped(Transport &transport);

 private:
  bool skips() const { return bytes_ >= wanted_; }
  void pace(std::size_t got, std::size_t most);
  std::size_t send(Transport &transport, std::size_t most);
  std::size_t skip(Transport &transport, std::size_t most);

  std::uint16_t stream_;
  int drop_fd_;
  Descriptor pipe_;
  Descriptor program_end_;
  std::uint64_t wanted_ = UINT64_MAX;
  std::uint64_t credit_ = kInitialCredit;
  std::uint64_t bytes_ = 0;
  std::uint64_t skipped_ = 0;  // and not told yet
  bool told_ = false;          // of any skipped byte
  bool enlarged_ = false;
  std::uint64_t rest_ns_ = 0;  // how long it rests after each look
  std::uint64_t rests_until_ = 0;
};

}  // namespace execlet::runner

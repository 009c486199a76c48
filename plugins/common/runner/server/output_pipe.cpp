// SPDX-License-Identifier: Apache-2.0
#include "output_pipe.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace execlet::runner {
namespace {

constexpr std::size_t kChunk = 128 * 1024;
constexpr int kLargePipe = 256 * 1024;

}  // namespace

bool PipeEnds::make() {
  if (reader) return true;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  reader.reset(ends[0]);
  writer.reset(ends[1]);
  // Only this end: the flag belongs to the open file, and programs expect to block.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return true;
}

void OutputPipe::open(PipeEnds &&fresh) {
  pipe_ = std::move(fresh.reader);
  program_end_ = std::move(fresh.writer);
}

void OutputPipe::add_credit(std::uint64_t bytes) {
  credit_ = std::min(kInitialCredit, credit_ + std::min(bytes, kInitialCredit));
}

bool OutputPipe::relay(Transport &transport, std::uint64_t allowance) {
  // One thread, one frame at a time: the header goes in front of what the read will bring.
  alignas(64) static char frame[kHeaderSize + kChunk];
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>({kChunk, credit_, allowance}));
  if (wanted == 0) return false;
  const ssize_t size = read(pipe_.get(), frame + kHeaderSize, wanted);
  if (size <= 0) return false;
  const std::size_t got = static_cast<std::size_t>(size);
  if (got >= 32 * 1024 && !enlarged_) {
    // A program that fills its pipe runs ahead further with a larger one.
    enlarged_ = true;
    fcntl(pipe_.get(), F_SETPIPE_SZ, kLargePipe);
  }
  credit_ -= got;
  bytes_ += got;
  store_header(frame, {FrameType::kOutput, 0, stream_, static_cast<std::uint32_t>(got)});
  transport.send(frame, kHeaderSize + got);
  return true;
}

bool OutputPipe::probe() {
  char byte;
  return read(pipe_.get(), &byte, 1) == 1;
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "output_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "clock.h"

namespace execlet::runner {
namespace {

constexpr std::size_t kChunk = 128 * 1024;
constexpr std::size_t kFast = 32 * 1024;  // found in the pipe at once: the program writes faster than it is read
constexpr int kLargePipe = 1024 * 1024;
constexpr std::uint64_t kShortestRest = 10'000;  // nanoseconds; less than a sleep costs
constexpr std::uint64_t kLongestRest = 100'000;
// While more than this waits in the transport, nothing new is read for it.
constexpr std::size_t kMaxPending = 256 * 1024;
constexpr std::uint64_t kReportStep = 16 * 1024 * 1024;

// One thread, one frame at a time: the header goes in front of what the read will bring.
alignas(64) char frame_buffer[kHeaderSize + kChunk];

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

void OutputPipe::open(PipeEnds &&fresh, std::uint64_t wanted) {
  pipe_ = std::move(fresh.reader);
  program_end_ = std::move(fresh.writer);
  if (wanted != 0) wanted_ = wanted;
}

bool OutputPipe::may_take(const Transport &transport) const {
  return skips() || (credit_ > 0 && transport.pending() < kMaxPending);
}

void OutputPipe::add_credit(std::uint64_t bytes) {
  credit_ = std::min(kInitialCredit, credit_ + std::min(bytes, kInitialCredit));
}

bool OutputPipe::relay(Transport &transport, std::uint64_t allowance) {
  const bool skipping = skips();
  const std::uint64_t wish = skipping ? kLargePipe : std::min<std::uint64_t>({wanted_ - bytes_, credit_, kChunk});
  const std::size_t most = static_cast<std::size_t>(std::min(allowance, wish));
  if (most == 0) return false;
  const std::size_t got = skipping ? skip(transport, most) : send(transport, most);
  pace(got, most);
  return got > 0;
}

// A fast writer wakes its reader with every page, and a reader that takes the pages one by one costs both more than
// the bytes do. So between two looks such a writer is left alone, for as long as it takes to fill about half of what
// one look can take: any amount is as cheap to skip, and a program ahead in a larger pipe does not wait.
void OutputPipe::pace(std::size_t got, std::size_t most) {
  if (got < kFast) {
    end_rest();
    return;
  }
  if (!enlarged_) fcntl(pipe_.get(), F_SETPIPE_SZ, kLargePipe);
  enlarged_ = true;
  rest_ns_ = got > most / 2 ? rest_ns_ / 2 : std::clamp(rest_ns_ * 2, kShortestRest, kLongestRest);
  rests_until_ = rest_ns_ < kShortestRest ? 0 : monotonic_ns() + rest_ns_;
}

std::size_t OutputPipe::send(Transport &transport, std::size_t most) {
  const ssize_t size = read(pipe_.get(), frame_buffer + kHeaderSize, most);
  if (size <= 0) return 0;
  const std::size_t got = static_cast<std::size_t>(size);
  credit_ -= got;
  bytes_ += got;
  store_header(frame_buffer, {FrameType::kOutput, 0, stream_, static_cast<std::uint32_t>(got)});
  transport.send(frame_buffer, kHeaderSize + got);
  return got;
}

std::size_t OutputPipe::skip(Transport &transport, std::size_t most) {
  ssize_t size = splice(pipe_.get(), nullptr, drop_fd_, nullptr, most, SPLICE_F_NONBLOCK);
  // A /dev/null that is none, or none at all.
  if (size < 0 && errno != EAGAIN && errno != EINTR)
    size = read(pipe_.get(), frame_buffer, std::min(most, sizeof frame_buffer));
  if (size <= 0) return 0;
  bytes_ += static_cast<std::uint64_t>(size);
  skipped_ += static_cast<std::uint64_t>(size);
  // The first one early: a client that loses the runner knows then that there was more.
  if ((!told_ || skipped_ >= kReportStep) && transport.pending() == 0) report_skipped(transport);
  return static_cast<std::size_t>(size);
}

void OutputPipe::report_skipped(Transport &transport) {
  if (skipped_ == 0) return;
  MessageWriter message(transport.out(), FrameType::kSkipped, stream_);
  message.number(Tag::kOutputBytes, skipped_);
  (void)message.finish();
  skipped_ = 0;
  told_ = true;
}

bool OutputPipe::probe() {
  char byte;
  return read(pipe_.get(), &byte, 1) == 1;
}

}  // namespace execlet::runner

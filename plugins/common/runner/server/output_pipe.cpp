// SPDX-License-Identifier: Apache-2.0
#include "output_pipe.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace execlet::runner {
namespace {

constexpr std::size_t kChunk = 128 * 1024;
constexpr std::size_t kFast = 32 * 1024;  // found in the pipe at once: the program writes faster than it is read
constexpr int kLargePipe = 1024 * 1024;
constexpr int kGatherTurns = 4;
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
  if (fast_) {
    if (skipping)
      sched_yield();  // without a look: the program's writes would wait for it, and any amount is as cheap to skip
    else
      gather();
  }
  const std::uint64_t most = std::min(allowance, skipping ? kLargePipe : std::min(wanted_ - bytes_, credit_));
  if (most == 0) return false;
  const std::size_t got = skipping ? skip(transport, static_cast<std::size_t>(most))
                                   : send(transport, static_cast<std::size_t>(std::min<std::uint64_t>(most, kChunk)));
  if (got >= kFast && !fast_) fast_program();
  return got > 0;
}

// A program that fills its pipe runs ahead further with a larger one.
void OutputPipe::fast_program() {
  fast_ = true;
  fcntl(pipe_.get(), F_SETPIPE_SZ, kLargePipe);
}

// A fast writer wakes its reader with every page, and a reader that goes before it takes the pages one by one: waking
// then costs more than the bytes. So the writer is let go on for a moment. Where nobody else wants to run, this is a
// few system calls.
void OutputPipe::gather() const {
  for (int turn = 0; turn < kGatherTurns; ++turn) {
    int waiting = 0;
    if (ioctl(pipe_.get(), FIONREAD, &waiting) != 0 || waiting >= static_cast<int>(kChunk)) return;
    sched_yield();
  }
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

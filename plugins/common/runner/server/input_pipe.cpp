// SPDX-License-Identifier: Apache-2.0
#include "input_pipe.h"

#include <fcntl.h>

#include <cerrno>

#include "protocol.h"

namespace execlet::runner {
namespace {

constexpr std::uint64_t kCreditStep = kInitialCredit / 4;

}  // namespace

Descriptor InputPipe::open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Descriptor();
  pipe_.reset(ends[1]);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  return Descriptor(ends[0]);
}

void InputPipe::consumed(std::size_t bytes, Transport &transport) {
  not_credited_ += bytes;
  if (not_credited_ < kCreditStep) return;
  append_credit(transport.out(), kStdinStream, not_credited_);
  not_credited_ = 0;
}

bool InputPipe::take(std::string_view data, bool end, Transport &transport) {
  if (queue_.size() - at_ + data.size() > kInitialCredit) return false;
  if (end) ended_ = true;
  if (!pipe_) {
    consumed(data.size(), transport);  // the program closed its input: swallow what still comes
    return true;
  }
  queue_.append(data);
  advance(transport);
  return true;
}

void InputPipe::advance(Transport &transport) {
  while (pipe_ && at_ < queue_.size()) {
    const ssize_t size = write(pipe_.get(), queue_.data() + at_, queue_.size() - at_);
    if (size > 0) {
      at_ += static_cast<std::size_t>(size);
      consumed(static_cast<std::size_t>(size), transport);
    } else if (size < 0 && errno == EAGAIN) {
      break;
    } else if (size < 0 && errno != EINTR) {
      consumed(queue_.size() - at_, transport);
      at_ = queue_.size();
      pipe_.reset();
    }
  }
  if (at_ == queue_.size() || at_ > kInitialCredit) {
    queue_.erase(0, at_);
    at_ = 0;
  }
  if (ended_ && queue_.empty()) pipe_.reset();
}

}  // namespace execlet::runner

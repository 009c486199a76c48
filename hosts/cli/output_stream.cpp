// SPDX-License-Identifier: Apache-2.0
#include "output_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace execlet::cli {
namespace {

// How long a reader gets that is behind when the run is to end.
constexpr int kLastCallMs = 100;
constexpr int kLongestWaitMs = 1'000'000'000;

}  // namespace

OutputStream::OutputStream(int fd, const char *name, int stop_fd) : fd_(fd), name_(name), stop_fd_(stop_fd) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) {
    return;
  }
  socket_ = S_ISSOCK(info.st_mode);
  const int flags = fcntl(fd, F_GETFL);
  const bool writable = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
  if (writable && (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode))) {
    const std::string again = "/proc/self/fd/" + std::to_string(fd);
    const int own = open(again.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own >= 0) {
      fd_ = own;
      owned_ = true;
    }
  }
}

OutputStream::~OutputStream() {
  if (owned_) {
    close(fd_);
  }
}

bool OutputStream::write(std::string_view bytes) {
  if (!kept_.empty()) {
    kept_.erase(0, write_some(kept_));
  }
  if (kept_.empty()) {
    bytes.remove_prefix(write_some(bytes));
  }
  if (state_ == State::kOpen) {
    kept_.append(bytes);
  }
  return state_ == State::kOpen;
}

bool OutputStream::finish() {
  limit_ = std::chrono::steady_clock::time_point::max();
  return write("");
}

// How many went out until the limit, or until the stream could take no more.
std::size_t OutputStream::write_some(std::string_view bytes) {
  std::size_t done = 0;
  while (state_ == State::kOpen && done < bytes.size()) {
    const std::string_view rest = bytes.substr(done);
    const ssize_t wrote = socket_ ? send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : ::write(fd_, rest.data(), rest.size());
    if (wrote >= 0) {
      done += static_cast<std::size_t>(wrote);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const Wait end = wait_until_writable();
      if (end == Wait::kLimit) {
        break;
      }
      if (end == Wait::kStop) {
        state_ = State::kAbandoned;
      }
    } else if (errno != EINTR) {
      state_ = errno == EPIPE ? State::kBrokenPipe : State::kFailed;
      problem_ = std::string("cannot write to ") + name_ + ": " + std::strerror(errno);
    }
  }
  return done;
}

OutputStream::Wait OutputStream::wait_until_writable() {
  using std::chrono::milliseconds;
  pollfd wanted[2] = {{fd_, POLLOUT, 0}, {stop_fd_, POLLIN, 0}};
  int ready = 0;
  do {
    int wait_ms = -1;
    if (limit_ != std::chrono::steady_clock::time_point::max()) {
      const auto left = std::chrono::ceil<milliseconds>(limit_ - std::chrono::steady_clock::now());
      wait_ms = static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, kLongestWaitMs));
    }
    ready = poll(wanted, 2, wait_ms);
  } while ((ready < 0 && errno == EINTR) || (ready == 0 && std::chrono::steady_clock::now() < limit_));
  if (ready == 0) {
    return Wait::kLimit;
  }
  if (ready > 0 && wanted[0].revents != 0) {
    return Wait::kWritable;
  }
  return poll(wanted, 1, kLastCallMs) == 1 ? Wait::kWritable : Wait::kStop;
}

}  // namespace execlet::cli

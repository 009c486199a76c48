// SPDX-License-Identifier: Apache-2.0
#include "input_pump.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace execlet::cli {

InputPump::InputPump(int fd, const Execution &execution) : fd_(fd), execution_(execution) {
  done_fd_ = eventfd(0, EFD_CLOEXEC);
  if (done_fd_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot forward standard input");
  }
  thread_ = std::thread([this] { carry(); });
}

InputPump::~InputPump() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = write(done_fd_, &one, sizeof one);
  thread_.join();
  close(done_fd_);
  if (fd_ > STDERR_FILENO) {
    close(fd_);
  }
}

void InputPump::carry() {
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    pollfd wanted[2] = {{fd_, POLLIN, 0}, {done_fd_, POLLIN, 0}};
    if (poll(wanted, 2, -1) < 0 && errno != EINTR) {
      return;
    }
    if (wanted[1].revents != 0) {
      return;
    }
    if (wanted[0].revents == 0) {
      continue;
    }
    const ssize_t got = read(fd_, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
      continue;
    }
    if (got <= 0) {
      execution_.close_stdin();
      return;
    }
    if (!execution_.write_stdin(std::string_view(buffer.data(), static_cast<std::size_t>(got)))) {
      return;
    }
  }
}

}  // namespace execlet::cli

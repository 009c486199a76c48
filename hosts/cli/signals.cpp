// SPDX-License-Identifier: Apache-2.0
#include "signals.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace execlet::cli {
namespace {

constexpr std::array<int, 3> kCancelling = {SIGINT, SIGTERM, SIGHUP};

std::atomic<int> handler_pipe{-1};
std::array<struct sigaction, kCancelling.size()> before;
struct sigaction before_sigpipe;

extern "C" void tell_watcher(int signal_number) {
  const int saved = errno;
  const char byte = static_cast<char>(signal_number);
  // A full pipe means that two signals are waiting already.
  [[maybe_unused]] const ssize_t wrote = write(handler_pipe.load(), &byte, 1);
  errno = saved;
}

extern "C" void only_interrupt_write(int) {}

void install(int signal_number, void (*handler)(int), struct sigaction &old) {
  sigaction(signal_number, nullptr, &old);
  if (old.sa_handler == SIG_IGN) {
    return;
  }
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

SignalCancel::SignalCancel() {
  stop_fd_ = eventfd(0, EFD_CLOEXEC);
  if (stop_fd_ < 0 || pipe2(pipe_, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot watch signals");
  }
  fcntl(pipe_[1], F_SETFL, O_NONBLOCK);
  handler_pipe = pipe_[1];
  thread_ = std::thread([this] { watch(); });
  for (std::size_t i = 0; i < kCancelling.size(); ++i) {
    install(kCancelling[i], tell_watcher, before[i]);
  }
  install(SIGPIPE, only_interrupt_write, before_sigpipe);
}

SignalCancel::~SignalCancel() {
  for (std::size_t i = 0; i < kCancelling.size(); ++i) {
    sigaction(kCancelling[i], &before[i], nullptr);
  }
  sigaction(SIGPIPE, &before_sigpipe, nullptr);
  const char end = 0;
  while (write(pipe_[1], &end, 1) < 0 && errno == EINTR) {
  }
  thread_.join();
  close(pipe_[0]);
  close(pipe_[1]);
  close(stop_fd_);
}

void SignalCancel::on_first(std::function<void()> cancel) {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancel_ = std::move(cancel);
  if (first_signal_ != 0 && cancel_) {
    cancel_();
  }
}

void SignalCancel::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = write(stop_fd_, &one, sizeof one);
}

void SignalCancel::watch() {
  for (;;) {
    char byte = 0;
    const ssize_t got = read(pipe_[0], &byte, 1);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got != 1 || byte == 0) {
      return;
    }
    if (first_signal_ != 0) {
      _exit(128 + byte);
    }
    stop();
    const std::lock_guard<std::mutex> lock(mutex_);
    first_signal_ = byte;
    if (cancel_) {
      cancel_();
    }
  }
}

void die_of_sigpipe() {
  if (before_sigpipe.sa_handler == SIG_IGN) {
    return;
  }
  std::signal(SIGPIPE, SIG_DFL);
  raise(SIGPIPE);
}

}  // namespace execlet::cli

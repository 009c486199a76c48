// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace execlet::runner {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
// A runner whose stream ended has ended its programs by then, or says no more about them.
constexpr int kEndPatienceMs = static_cast<int>(kKillPatience / 1'000'000) + 300;

std::string temporary_directory() {
  const char *base = std::getenv("TMPDIR");
  std::string pattern = std::string(base != nullptr && base[0] == '/' ? base : "/tmp") + "/execlet-XXXXXX";
  return mkdtemp(pattern.data()) != nullptr ? pattern : std::string();
}

}  // namespace

std::uint64_t monotonic_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

std::unique_ptr<Connection> Connection::open(const std::string &runner, Isolation isolation, plugin::Status &status) {
  std::unique_ptr<Connection> connection(new Connection);
  connection->private_dir_ = temporary_directory();
  if (connection->private_dir_.empty()) {
    status = {EXECLET_ABI_UNAVAILABLE, "workspace.failed",
              std::string("cannot make a private directory in $TMPDIR or /tmp: ") + std::strerror(errno)};
    return nullptr;
  }
  int error = 0;
  if (launch(runner, isolation, connection->launched_, error)) return connection;
  const std::string why = std::strerror(error);
  if (isolation != Isolation::kNone && may_try_weaker(error))
    status = {EXECLET_ABI_UNAVAILABLE, "containment.unavailable",
              "cannot start " + runner + " in namespaces of its own: " + why};
  else
    status = {EXECLET_ABI_UNAVAILABLE, "runner.not-started",
              "cannot start " + runner + ": " + why + "; is the installation complete?"};
  return nullptr;
}

Connection::~Connection() {
  if (launched_.socket >= 0) {
    // Not only closed: a child that the host forked meanwhile holds a copy of the socket.
    shutdown(launched_.socket, SHUT_RDWR);
    close(launched_.socket);
    if (!end_runner()) return;
  }
  // The runner removes it. One that was killed leaves an empty mount point or, where it could not mount, files.
  std::error_code ignored;
  if (!private_dir_.empty()) std::filesystem::remove_all(private_dir_, ignored);
}

// False if the runner still is about to end its programs, and its directory is in use.
bool Connection::end_runner() {
  pollfd entry = {launched_.process, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&entry, 1, kEndPatienceMs);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0 && isolation() == Isolation::kNone) {
    // Nobody else finds the programs of a runner that is not the init of a namespace. A program may have stopped it.
    syscall(SYS_pidfd_send_signal, launched_.process, SIGCONT, nullptr, 0);
    reap_later(launched_.process);
    return false;
  }
  if (ready == 0) syscall(SYS_pidfd_send_signal, launched_.process, SIGKILL, nullptr, 0);
  reap(launched_.process);
  close(launched_.process);
  return true;
}

bool Connection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t size = send(launched_.socket, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(size);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

bool Connection::receive() {
  const FrameReader::Space space = reader_.space();
  const ssize_t size = recv(launched_.socket, space.data, space.size, MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  reader_.commit(static_cast<std::size_t>(size));
  return true;
}

Connection::Wait Connection::wait(int wake_fd, std::uint64_t deadline_ns, Frame &frame) {
  for (;;) {
    const FrameReader::State state = reader_.next(frame);
    if (state == FrameReader::State::kFrame) return Wait::kFrame;
    // What the runner said before it ended counts; only then its end does.
    if (state == FrameReader::State::kMalformed) lost_ = true;
    if (lost_) return Wait::kLost;
    const bool writable = flush();
    pollfd entries[2] = {
        {launched_.socket, static_cast<short>(out_.empty() || !writable ? POLLIN : POLLIN | POLLOUT), 0},
        {wake_fd, POLLIN, 0}};
    timespec timeout{};
    if (deadline_ns != 0) {
      const std::uint64_t now = monotonic_now();
      if (now >= deadline_ns) return Wait::kTimeout;
      timeout.tv_sec = static_cast<time_t>((deadline_ns - now) / kSecond);
      timeout.tv_nsec = static_cast<long>((deadline_ns - now) % kSecond);
    }
    const int ready = ppoll(entries, 2, deadline_ns == 0 ? nullptr : &timeout, nullptr);
    if (ready < 0 && errno != EINTR) lost_ = true;
    if (ready <= 0) continue;
    if ((entries[0].revents & ~POLLOUT) != 0 && !receive()) lost_ = true;
    if (entries[1].revents != 0) return Wait::kWake;
  }
}

}  // namespace execlet::runner

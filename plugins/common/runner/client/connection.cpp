// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
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
constexpr std::uint64_t kEndPatience = kKillPatience + 300'000'000;

constexpr int kPulseMs = 100;   // between two looks at a runner that is to end
constexpr int kStillLooks = 5;  // in a row that saw it make no move: it never will
constexpr std::uint64_t kSweepPatience = kSecond;

bool is_stopped(const Pulse &pulse) {
  return pulse.state == 'T' || pulse.state == 't';
}

// A name that nobody can foresee, in $TMPDIR, or /tmp if that cannot be used. The runner makes it: so it has an owner
// at any moment, and nothing is left of a host that is killed.
std::string new_private_dir() {
  const char *base = std::getenv("TMPDIR");
  const bool usable = base != nullptr && base[0] == '/' && access(base, W_OK | X_OK) == 0;
  std::string path = std::string(usable ? base : "/tmp") + "/execlet-";
  unsigned char random[10] = {};
  if (getrandom(random, sizeof random, 0) != sizeof random) return {};
  for (const unsigned char byte : random) path += "abcdefghijklmnopqrstuvwxyz012345"[byte % 32];
  return path;
}

}  // namespace

std::uint64_t monotonic_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

std::unique_ptr<Connection> Connection::open(const std::string &runner, Namespaces namespaces, plugin::Status &status) {
  std::unique_ptr<Connection> connection(new Connection);
  connection->private_dir_ = new_private_dir();
  if (connection->private_dir_.empty()) {
    status = {EXECLET_ABI_UNAVAILABLE, "workspace.failed",
              std::string("the system gives no random name for a private directory: ") + std::strerror(errno)};
    return nullptr;
  }
  int error = 0;
  if (launch(runner, namespaces, connection->launched_, error)) return connection;
  const std::string why = std::strerror(error);
  if (error == EMFILE || error == ENFILE) {
    status = {EXECLET_ABI_UNAVAILABLE, "host.descriptors", "the host has no file descriptor left for a runner: " + why};
    return nullptr;
  }
  if (error == EAGAIN || error == ENOMEM) {
    status = {EXECLET_ABI_UNAVAILABLE, "host.processes", "the host may not start another process: " + why};
    return nullptr;
  }
  if (namespaces != Namespaces::kNone && may_try_weaker(error))
    status = {EXECLET_ABI_UNAVAILABLE, "containment.unavailable",
              "cannot start " + runner + " in namespaces of its own: " + why};
  else
    status = {EXECLET_ABI_UNAVAILABLE, "runner.not-started",
              "cannot start " + runner + ": " + why + "; is the installation complete?"};
  return nullptr;
}

Connection::~Connection() {
  if (launched_.socket < 0) return;
  // Not only closed: a child that the host forked meanwhile holds a copy of the socket.
  shutdown(launched_.socket, SHUT_RDWR);
  close(launched_.socket);
  end_runner();
}

// What becomes of the runner, whose stream has ended. One that makes no move need not be waited for: that end wakes it.
Connection::Parting Connection::part() const {
  const std::uint64_t deadline = monotonic_now() + kEndPatience;
  std::uint64_t switches = 0;
  int still = 0;
  do {
    pollfd entry = {launched_.process, POLLIN, 0};
    if (poll(&entry, 1, kPulseMs) > 0) return Parting::kEnded;
    const Pulse seen = pulse();
    const bool moved = seen.switches != switches || seen.state == 'R' || seen.state == 'D';
    still = moved ? 0 : still + 1;
    switches = seen.switches;
    if (is_stopped(seen) || (namespaces() == Namespaces::kNone && still >= kStillLooks)) return Parting::kStuck;
  } while (monotonic_now() < deadline);
  return namespaces() == Namespaces::kNone ? Parting::kBusy : Parting::kStuck;
}

void Connection::end_runner() {
  const Remains remains = {launched_.pid, namespaces() == Namespaces::kNone, private_dir_, groups_};
  switch (part()) {
    case Parting::kBusy:
      // It finds its programs hard to kill, and nobody would do better.
      return reap_later(launched_.process);
    case Parting::kStuck:
      // While it lives, its orphans are found below it.
      kill_remaining(remains, kSweepPatience);
      syscall(SYS_pidfd_send_signal, launched_.process, SIGKILL, nullptr, 0);
      break;
    case Parting::kEnded:
      break;
  }
  // How it ended is not known where the host waits for whatever child it may have. It takes its directory away when
  // nothing of its programs is left.
  if (reap(launched_.process)) return;
  if (access(private_dir_.c_str(), F_OK) == 0) kill_remaining(remains, kSweepPatience);
  remove_groups(remains);
  // By rmdir first, which needs no descriptor: it works where there is none left.
  std::error_code ignored;
  if (rmdir(private_dir_.c_str()) != 0 && errno != ENOENT) std::filesystem::remove_all(private_dir_, ignored);
}

void Connection::add_group(const std::string &directory) {
  // By its name it is for this runner alone.
  const std::string name =
      "/execlet-" + std::to_string(getpid()) + '-' + private_dir_.substr(private_dir_.rfind('/') + 1);
  if (directory.size() > name.size() && directory.compare(directory.size() - name.size(), name.size(), name) == 0)
    groups_.push_back(directory);
}

bool Connection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t size = send(launched_.socket, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(size);
    gone_out_ += static_cast<std::uint64_t>(size);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

bool Connection::receive() {
  const FrameReader::Space space = reader_.space();
  const ssize_t size = recv(launched_.socket, space.data, space.size, MSG_DONTWAIT);
  if (size <= 0) {
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    // A socket of this kind tells whether the other end left something unread: while it is open by what is still under
    // way, once it is closed by a reset.
    int unread = 0;
    left_unread_ = size < 0 ? errno == ECONNRESET : ioctl(launched_.socket, SIOCOUTQ, &unread) == 0 && unread > 0;
    return false;
  }
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

// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what a client sends to a runner: the real conversation, working in a directory of its own, answers in
// frames that can be read. The only thing replaced is spawn(): whatever program the bytes ask for, `cat` is started, so
// that no input can do harm. For the same reason the first frame, which names directories, is the target's own, unless
// the input has no '/' and so cannot name any.
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "conversation.h"
#include "protocol.h"
#include "require.h"
#include "spawn.h"

namespace execlet::runner {

SpawnResult spawn(const SpawnPlan &plan) {
  EXECLET_REQUIRE(!plan.program.empty() && plan.program.find('\0') == std::string::npos);
  for (const std::string &text : plan.arguments) EXECLET_REQUIRE(text.find('\0') == std::string::npos);
  for (const std::string &text : plan.environment) EXECLET_REQUIRE(text.find('\0') == std::string::npos);
  sigset_t none;
  sigemptyset(&none);
  const pid_t pid = vfork();
  if (pid == 0) {
    setpgid(0, 0);
    if (dup2(plan.stdin_fd, 0) == 0 && dup2(plan.stdout_fd, 1) == 1 && dup2(plan.stderr_fd, 2) == 2) {
      sigprocmask(SIG_SETMASK, &none, nullptr);
      execl("/bin/cat", "cat", static_cast<char *>(nullptr));
    }
    _exit(127);
  }
  if (pid < 0) return {-1, SpawnStep::kClone, errno};
  return {pid, SpawnStep::kNone, 0};
}

}  // namespace execlet::runner

namespace {

using namespace execlet::runner;

constexpr int kQuietMs = 3;  // after which nothing more is expected of the conversation

std::string setup_frame() {
  std::string pattern = "/tmp/execlet-fuzz-XXXXXX";
  EXECLET_REQUIRE(mkdtemp(pattern.data()) != nullptr);
  std::string out;
  MessageWriter setup(out, FrameType::kSetup);
  setup.number(Tag::kVersion, kProtocolVersion);
  setup.number(Tag::kContainment, static_cast<std::uint64_t>(Containment::kSubreaper));
  setup.text(Tag::kPrivateDir, pattern);
  EXECLET_REQUIRE(setup.finish());
  return out;
}

bool has_fields(FrameType type) {
  return type != FrameType::kOutput && type != FrameType::kCredit;
}

// Takes what the runner said so far. False at the end of its stream.
bool read_answers(int socket, FrameReader &reader) {
  const FrameReader::Space space = reader.space();
  const ssize_t size = recv(socket, space.data, space.size, MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN;
  reader.commit(static_cast<std::size_t>(size));
  Frame frame;
  for (;;) {
    const FrameReader::State state = reader.next(frame);
    EXECLET_REQUIRE(state != FrameReader::State::kMalformed);
    if (state == FrameReader::State::kNeedMore) return size > 0;
    if (!has_fields(frame.header.type)) continue;
    FieldReader fields(frame.payload);
    for (Field field; fields.next(field);) {
    }
    EXECLET_REQUIRE(fields.ok());
  }
}

// The other end: sends all, reads all, and closes when the runner says no more.
void be_client(int socket, std::string_view bytes) {
  FrameReader reader;
  for (bool alive = true; alive;) {
    pollfd entry = {socket, static_cast<short>(bytes.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    const int ready = poll(&entry, 1, kQuietMs);
    if (ready == 0) break;
    if ((entry.revents & POLLOUT) != 0) {
      const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) bytes = {};
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    if ((entry.revents & ~POLLOUT) != 0) alive = read_answers(socket, reader);
  }
  shutdown(socket, SHUT_WR);
  while (read_answers(socket, reader)) {
    pollfd entry = {socket, POLLIN, 0};
    poll(&entry, 1, -1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size == 0 || size > 256 * 1024) return 0;
  // Only these signals: the time limit of libFuzzer is one, too.
  static const int signals = [] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    return signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
  }();
  static const int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const std::string_view input(reinterpret_cast<const char *>(data), size);
  const bool bare = input.find('/') == std::string_view::npos && (data[0] & 1) != 0;
  std::string bytes = bare ? std::string() : setup_frame();
  bytes += input.substr(1);

  int ends[2];
  EXECLET_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  std::thread client(be_client, ends[1], std::string_view(bytes));
  Conversation(ends[0], signals, -1).run();
  close(ends[0]);
  client.join();
  close(ends[1]);
  EXECLET_REQUIRE(fchdir(home) == 0);
  return 0;
}

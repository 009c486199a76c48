// SPDX-License-Identifier: Apache-2.0
#include "bare.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "measure.h"

namespace execlet::bench {
namespace {

std::vector<char *> pointers(const std::vector<std::string> &texts) {
  std::vector<char *> result;
  for (const std::string &text : texts) result.push_back(const_cast<char *>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

const std::vector<std::string> &environment() {
  static const std::vector<std::string> entries = [] {
    std::vector<std::string> found;
    for (const char *name : {"PATH", "HOME", "LANG", "TZ", "USER"})
      if (const char *value = std::getenv(name)) found.push_back(std::string(name) + "=" + value);
    return found;
  }();
  return entries;
}

pid_t spawn(const Argv &argv, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (output < 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  else
    posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  const std::vector<char *> arguments = pointers(argv), env = pointers(environment());
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0].c_str(), &actions, nullptr, arguments.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail("cannot start " + argv[0] + ": " + std::strerror(error));
  return pid;
}

void reap(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) < 0) fail(std::string("waitpid: ") + std::strerror(errno));
  if (status != 0) fail("a bare run ended with wait status " + std::to_string(status));
}

}  // namespace

pid_t bare_spawn(const Argv &argv) {
  return spawn(argv, -1);
}

void bare_run(const Argv &argv) {
  reap(spawn(argv, -1));
}

double bare_rate(const Argv &argv, int total, int in_flight) {
  const double begin = now();
  int running = 0;
  for (int started = 0; started < total; ++started) {
    if (running == in_flight) {
      reap(-1);
      --running;
    }
    spawn(argv, -1);
    ++running;
  }
  for (; running > 0; --running) reap(-1);
  return total / (now() - begin);
}

std::uint64_t bare_drain(const Argv &argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(std::string("pipe2: ") + std::strerror(errno));
  const pid_t pid = spawn(argv, ends[1]);
  close(ends[1]);
  static char buffer[65536];
  std::uint64_t bytes = 0;
  for (;;) {
    const ssize_t got = read(ends[0], buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(std::string("read: ") + std::strerror(errno));
    if (got == 0) break;
    bytes += static_cast<std::uint64_t>(got);
  }
  close(ends[0]);
  reap(pid);
  return bytes;
}

}  // namespace execlet::bench

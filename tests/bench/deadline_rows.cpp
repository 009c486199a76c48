// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "embedded.h"
#include "rows.h"

extern char **environ;

namespace execlet::bench {
namespace {

constexpr double kTimeout = 1;
constexpr double kGrace = 0.1;
constexpr double kTargetMs = 50;
constexpr const char *kLocal = R"({"backend": "local", "options": {"executors": ["python", "bash"]}})";

constexpr const char *kDeafProgram = "trap '' TERM\nwhile :; do :; done\n";

// Every process of it forks for as long as it lives.
constexpr const char *kForkBomb = R"(import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        os.fork()
    except OSError:
        pass
)";

// From call to return, less the time that was granted: starting the program is part of it.
double lateness(const Executor &executor, const Request &request, int rounds) {
  execlet_request_set_timeout(request.get(), kTimeout);
  execlet_request_set_kill_grace(request.get(), kGrace);
  std::vector<double> samples;
  for (int i = 0; i < rounds; ++i) {
    const double begin = now();
    execute(executor, request, EXECLET_TIMED_OUT);
    samples.push_back(now() - begin - kTimeout - kGrace);
  }
  return median(std::move(samples));
}

void write_file(const std::string &path, const std::string &text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text.data(), text.size()) < 0) fail("cannot write " + path + ": " + std::strerror(errno));
  close(fd);
}

// A control group with a pids limit around everything that the bomb's process starts, so that a failure of what is
// measured here stays small. Removed with the object.
class PidsFence {
 public:
  PidsFence() {
    struct stat found {};
    const bool v1 = stat("/sys/fs/cgroup/pids", &found) == 0;
    path_ = std::string(v1 ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup") + "/execlet-bench-" + std::to_string(getpid());
    if (mkdir(path_.c_str(), 0755) != 0)
      fail("the fork bomb needs a pids limit around it; cannot make " + path_ + ": " + std::strerror(errno) +
           " (run as root, or name the other groups of measurements)");
    write_file(path_ + "/pids.max", "512");
  }
  PidsFence(const PidsFence &) = delete;
  PidsFence &operator=(const PidsFence &) = delete;
  ~PidsFence() {
    if (rmdir(path_.c_str()) != 0) std::fprintf(stderr, "execlet-bench: left behind: %s\n", path_.c_str());
  }
  std::string members() const { return path_ + "/cgroup.procs"; }

 private:
  std::string path_;
};

// The bomb runs in a process of this program that is alone in a PID namespace; see fork_bomb_main.
double fork_bomb_lateness(int rounds) {
  const PidsFence fence;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  const std::string count = std::to_string(rounds), members = fence.members();
  const char *argv[] = {"execlet-bench", "--fork-bomb", count.c_str(), members.c_str(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, const_cast<char *const *>(argv), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) fail(std::string("cannot start itself: ") + std::strerror(error));
  char text[64] = {};
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < sizeof text - 1; size += static_cast<std::size_t>(got))
    got = std::max<ssize_t>(0, read(ends[0], text + size, sizeof text - 1 - size));
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) fail("the process with the fork bomb failed");
  return std::strtod(text, nullptr);
}

}  // namespace

int fork_bomb_main(int rounds, const char *members) {
  write_file(members, std::to_string(getpid()));
  if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) fail(std::string("unshare: ") + std::strerror(errno));
  const pid_t init = fork();  // this process has one thread
  if (init < 0) fail("fork");
  if (init > 0) {
    int status = 0;
    waitpid(init, &status, 0);
    return status == 0 ? 0 : 1;
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("proc", "/proc", "proc", 0, nullptr) != 0)
    fail(std::string("mount: ") + std::strerror(errno));
  const Runtime runtime = open_runtime();
  const Executor executor = make_executor(runtime, kLocal);
  const Request request = make_request("python", kForkBomb);
  execlet_request_set_limit(request.get(), "pids", "64");
  std::printf("%.6f\n", lateness(executor, request, rounds));
  return 0;
}

std::vector<Row> deadline_rows(const Setup &setup) {
  const Runtime runtime = open_runtime();
  const Executor executor = make_executor(runtime, kLocal);
  const double deaf = lateness(executor, make_request("bash", kDeafProgram), setup.rounds(15));
  const double bomb = fork_bomb_lateness(setup.rounds(15));
  return {at_most("deadline + grace to result, ignores SIGTERM", "-", microseconds(deaf), deaf * 1e3, kTargetMs, "ms"),
          at_most("deadline + grace to result, fork bomb", "-", microseconds(bomb), bomb * 1e3, kTargetMs, "ms")};
}

}  // namespace execlet::bench

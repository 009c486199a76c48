// SPDX-License-Identifier: Apache-2.0
//
// execlet-runner: supervises the programs of one client, which talks to it over descriptor 0. See ../protocol.h.
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "conversation.h"
#include "small_file.h"

namespace {

constexpr char kUsage[] =
    "execlet-runner is started by execlet's backends, with a socket as its standard input.\n"
    "usage: execlet-runner [--host-pidfd=N] | --version\n";

int fail(const char *text) {
  (void)!write(2, text, std::strlen(text));
  return 2;
}

// 1 and 2 must not be free: a pipe opened later would get their numbers.
bool occupy_standard_descriptors() {
  for (;;) {
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    if (fd <= 2) continue;
    close(fd);
    return true;
  }
}

// Nothing that the client left open reaches a program. Before Linux 5.11 one by one.
bool close_others_on_exec() {
  if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return true;
  DIR *directory = opendir("/proc/self/fd");
  if (directory == nullptr) return false;
  while (const dirent *entry = readdir(directory)) {
    const int fd = static_cast<int>(execlet::runner::number_after(entry->d_name, ""));
    if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  closedir(directory);
  return true;
}

// Blocks all signals and returns a descriptor to read them from. What the host ignores is inherited across exec;
// neither this process (SIGCHLD) nor programs (SIGPIPE) may depend on that.
int take_signals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

int main(int argc, char **argv) {
  int host = -1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    constexpr std::string_view kHost = "--host-pidfd=";
    if (argument == "--version") return (void)!write(1, EXECLET_VERSION "\n", sizeof EXECLET_VERSION), 0;
    if (argument.substr(0, kHost.size()) != kHost) return fail(kUsage);
    host = static_cast<int>(execlet::runner::number_after(argument.substr(kHost.size()), ""));
  }
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(0, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return fail(kUsage);
  if (!occupy_standard_descriptors()) return fail("execlet-runner: cannot open /dev/null\n");

  // Ctrl-C at the host's terminal is the host's business.
  setsid();
  prctl(PR_SET_DUMPABLE, 0);
  // A program of root's could trace this process all the same. Its own it may trace without that capability.
  prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (!close_others_on_exec()) return fail("execlet-runner: cannot find its descriptors; is /proc mounted?\n");
  const int signals = take_signals();
  if (signals < 0) return fail("execlet-runner: cannot receive signals\n");

  execlet::runner::Conversation(0, signals, host).run();
  return 0;
}

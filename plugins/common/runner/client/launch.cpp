// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <vector>

// glibc's clone under the name that sanitizers do not replace: they would take it for a fork, and forget the threads of
// a host that shares its memory with the child.
extern "C" int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);  // NOLINT: glibc's name

namespace execlet::runner {
namespace {

constexpr int kHostPidfd = 3;       // in the runner
constexpr int kAboveStandard = 10;  // descriptors that dup2 in the child cannot hit
constexpr std::size_t kStack = 64 * 1024;
constexpr int kEndMs = 2000;

// All that the child needs, prepared before it exists: it shares the memory of a host with many threads, so that it may
// do nothing but system calls.
struct Child {
  const char *path;
  char *const *arguments;
  char *const *environment;
  int socket, null, host;
  bool user_namespace;
  char uid_map[64];
  char gid_map[64];
  int error;  // set by the child: why exec did not happen
};

// By system calls themselves: what a sanitizer puts in front of the library's would take the descriptor of this
// process, which only shares the memory, for one of the host's.
bool write_text(const char *path, const char *text) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = syscall(SYS_write, fd, text, std::strlen(text)) >= 0;
  const int error = errno;
  syscall(SYS_close, fd);
  errno = error;
  return written;
}

// Identity maps; the capabilities that mounting needs survive exec, and the runner keeps them from programs.
bool settle_in_user_namespace(const Child &child) {
  if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", child.uid_map) ||
      !write_text("/proc/self/gid_map", child.gid_map))
    return false;
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].inheritable = data[0].permitted;
  data[1].inheritable = data[1].permitted;
  if (syscall(SYS_capset, &header, data) != 0) return false;
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETPCAP, 0, 0) == 0;
}

int child_main(void *argument) {
  Child &child = *static_cast<Child *>(argument);
  if ((!child.user_namespace || settle_in_user_namespace(child)) && dup2(child.socket, 0) == 0 &&
      dup2(child.null, 1) == 1 && dup2(child.null, 2) == 2 && dup2(child.host, kHostPidfd) == kHostPidfd)
    execve(child.path, child.arguments, child.environment);
  child.error = errno;
  _exit(127);
}

// A copy of `fd` that is out of the way of the numbers that the child gives; closes `fd`.
int moved_up(int fd) {
  if (fd < 0) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, kAboveStandard);
  const int error = errno;
  close(fd);
  errno = error;
  return moved;
}

int namespace_flags(Namespaces namespaces) {
  switch (namespaces) {
    case Namespaces::kOwn:
      return CLONE_NEWPID | CLONE_NEWNS;
    case Namespaces::kOfUser:
      return CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
    default:
      return 0;
  }
}

std::mutex left_mutex;
std::vector<int> left_processes;

void reap_those_left() {
  const std::lock_guard lock(left_mutex);
  std::erase_if(left_processes, [](int process) {
    siginfo_t info{};
    const bool ended =
        waitid(P_PIDFD, static_cast<id_t>(process), &info, WEXITED | WNOHANG | __WALL) != 0 || info.si_pid != 0;
    if (ended) close(process);
    return ended;
  });
}

// The pid, or -1 with errno.
int clone_child(Child &child, Namespaces namespaces, int &pidfd) {
  void *stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -1;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int pid = __clone(child_main, static_cast<char *>(stack) + kStack,
                          CLONE_VM | CLONE_VFORK | CLONE_PIDFD | namespace_flags(namespaces), &child, &pidfd);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  munmap(stack, kStack);
  errno = error;
  return pid;
}

}  // namespace

bool may_try_weaker(int error) {
  return error == EPERM || error == EACCES || error == EINVAL || error == ENOSPC || error == EUSERS || error == ENOSYS;
}

bool reap(int process) {
  pollfd ended = {process, POLLIN, 0};
  int ready = 0;
  do ready = poll(&ended, 1, kEndMs);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    reap_later(process);
    return false;
  }
  siginfo_t info{};
  const bool taken = waitid(P_PIDFD, static_cast<id_t>(process), &info, WEXITED | WNOHANG | __WALL) == 0;
  close(process);
  return taken && info.si_code == CLD_EXITED && info.si_status == 0;
}

void reap_later(int process) {
  const std::lock_guard lock(left_mutex);
  left_processes.push_back(process);
}

bool launch(const std::string &runner, Namespaces namespaces, Launched &out, int &error) {
  reap_those_left();
  char host_argument[32];
  std::snprintf(host_argument, sizeof host_argument, "--host-pidfd=%d", kHostPidfd);
  char name[] = "execlet-runner";
  char *arguments[] = {name, host_argument, nullptr};
  char *environment[] = {nullptr};
  Child child{};
  child.path = runner.c_str();
  child.arguments = arguments;
  child.environment = environment;
  child.user_namespace = namespaces == Namespaces::kOfUser;
  std::snprintf(child.uid_map, sizeof child.uid_map, "%u %u 1", geteuid(), geteuid());
  std::snprintf(child.gid_map, sizeof child.gid_map, "%u %u 1", getegid(), getegid());

  int ends[2] = {-1, -1};
  int pid = -1, pidfd = -1;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
    child.socket = ends[1] = moved_up(ends[1]);
    child.null = moved_up(open("/dev/null", O_RDWR | O_CLOEXEC));
    child.host = moved_up(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
    if (child.socket >= 0 && child.null >= 0 && child.host >= 0) pid = clone_child(child, namespaces, pidfd);
    error = errno;
    for (const int fd : {child.socket, child.null, child.host})
      if (fd >= 0) close(fd);
  } else {
    error = errno;
  }
  if (pid > 0 && child.error == 0) {
    out = {ends[0], pidfd, pid, namespaces};
    return true;
  }
  if (pid > 0) {
    error = child.error;
    reap(pidfd);
  }
  if (ends[0] >= 0) close(ends[0]);
  return false;
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
#include "spawn.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace execlet::runner {
namespace {

struct ChildPlan {
  const SpawnPlan *plan;
  char *const *arguments;
  char *const *environment;
  pid_t parent;
  volatile SpawnStep failed;
  volatile int error;
};

int fail(ChildPlan *shared, SpawnStep step) {
  shared->error = errno;
  shared->failed = step;
  _exit(127);
}

// Runs in the runner's memory while the runner waits: nothing here allocates or changes what it shares, except the two
// result members.
int run_child(void *context) {
  ChildPlan *shared = static_cast<ChildPlan *>(context);
  const SpawnPlan &plan = *shared->plan;
  // The runner's session has no terminal, and only its leader could get one. A session of its own would cost more: the
  // kernel makes a scheduling group for each.
  setpgid(0, 0);
  // Outside of a PID namespace nothing else would end the program of a runner that is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != shared->parent) _exit(127);  // it was killed before that could tell
  for (const int fd : plan.attach_fds)
    if (write(fd, "0", 1) != 1) return fail(shared, SpawnStep::kAttach);
  if (dup2(plan.stdin_fd, 0) < 0 || dup2(plan.stdout_fd, 1) < 0 || dup2(plan.stderr_fd, 2) < 0)
    return fail(shared, SpawnStep::kClone);
  for (const ResourceLimit &limit : plan.resource_limits) {
    const rlimit both = {limit.value, limit.value};
    if (setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &both) != 0)
      return fail(shared, SpawnStep::kResourceLimit);
  }
  if (plan.guard != nullptr && !plan.guard->enter()) return fail(shared, SpawnStep::kGuard);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(plan.program.c_str(), shared->arguments, shared->environment);
  return fail(shared, SpawnStep::kExec);
}

std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string &text : texts) pointers.push_back(const_cast<char *>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

SpawnResult spawn(const SpawnPlan &plan) {
  alignas(16) static char stack[64 * 1024];
  const std::vector<char *> arguments = pointers_to(plan.arguments);
  const std::vector<char *> environment = pointers_to(plan.environment);
  ChildPlan shared{&plan, arguments.data(), environment.data(), getpid(), SpawnStep::kNone, 0};
  const pid_t pid = clone(run_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &shared);
  if (pid < 0) return {-1, SpawnStep::kClone, errno};
  if (shared.failed == SpawnStep::kNone) return {pid, SpawnStep::kNone, 0};
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return {-1, shared.failed, shared.error};
}

}  // namespace execlet::runner

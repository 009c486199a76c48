// SPDX-License-Identifier: Apache-2.0
//
// Hosts with habits of their own: signals, standard descriptors, many descriptors, working directories, masks.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <vector>

#include "../support/temp_dir.h"
#include "cases.h"

namespace execlet::embedding {
namespace {

void children_ignored() {
  signal(SIGCHLD, SIG_IGN);
  live();
}

// A host that reaps whatever comes, as supervisors do, must not take the library's processes away from it.
void children_reaped() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    const int saved = errno;
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    errno = saved;
  };
  sigaction(SIGCHLD, &action, nullptr);
  live();
  const auto runtime = Runtime::from_json(kConfig);
  for (int i = 0; i < 20; ++i) say_hello(runtime.executor("sh"));
}

// The program closes its input at once; writing to it must not kill the host, whose SIGPIPE is as the system made it.
void pipes_break() {
  signal(SIGPIPE, SIG_DFL);
  const auto runtime = Runtime::from_json(kConfig);
  Request request = sh("exec <&-; echo hello");
  request.stdin_data = std::string(4 << 20, 'x');
  demand_hello(runtime.executor("sh").execute_code(request));
  request = sh("exec <&-; echo hello");
  request.open_stdin = true;
  const Execution execution = runtime.executor("sh").submit(request);
  while (execution.write_stdin(std::string(64 << 10, 'x'))) {
  }
  demand_hello(execution.result());
}

void signals_blocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  const auto runtime = Runtime::from_json(kConfig);
  const auto executor = runtime.executor("sh");
  say_hello(executor);
  // The program starts with nothing blocked or ignored.
  const Result result = executor.execute_code(sh("kill -TERM $$; echo not reached"));
  EXECLET_DEMAND_OR(result.status == Status::kSignaled && result.signal == SIGTERM, result.json());
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, nullptr, &now);
  EXECLET_DEMAND(sigismember(&now, SIGUSR1) == 1);
}

void no_standard_descriptors() {
  for (const int fd : {0, 1, 2}) close(fd);
  const auto runtime = Runtime::from_json(kConfig);
  const auto executor = runtime.executor("sh");
  for (int i = 0; i < 3; ++i) say_hello(executor);
  Request request = sh("cat; echo hello");
  request.stdin_data = "";
  demand_hello(executor.execute_code(request));
}

// Beyond what select() could take.
void large_descriptors() {
  constexpr int kHeld = 1500;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXECLET_DEMAND(limit.rlim_max > kHeld + 200);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int last = -1;
  for (int i = 0; i < kHeld; ++i) last = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXECLET_DEMAND(last > 1024);
  live();
}

void directory_changes() {
  const test::TempDir place;
  EXECLET_DEMAND(chdir(place.path().c_str()) == 0);
  {
    const auto runtime =
        Runtime::from_json(R"({"executors": {"sh": {"backend": "local", "options": {"work_dir": "work"}}}})");
    EXECLET_DEMAND(chdir("/") == 0);
    const auto executor = runtime.executor("sh");
    say_hello(executor);
    const Result result = executor.execute_code(sh("pwd -P"));
    EXECLET_DEMAND_OR(result.output == std::filesystem::canonical(place.path() / "work").native() + "\n",
                      result.json());
    EXECLET_DEMAND(std::filesystem::current_path() == "/");
  }
}

void any_umask() {
  for (const mode_t mask : {0000, 0022, 0077}) {
    umask(mask);
    live();
    Request request = sh("cat in/file > out; cat out");
    request.files = {{"in/file", "hello\n"}};
    request.collect = {"out"};
    const auto runtime = Runtime::from_json(kConfig);
    const Result result = runtime.executor("sh").execute_code(request);
    EXECLET_DEMAND_OR(result.artifacts.size() == 1 && result.output == "hello\n", result.json());
    EXECLET_DEMAND(umask(mask) == mask);
  }
}

}  // namespace

void add_process_cases(Cases &cases) {
  cases["children-ignored"] = children_ignored;
  cases["children-reaped"] = children_reaped;
  cases["pipes-break"] = pipes_break;
  cases["signals-blocked"] = signals_blocked;
  cases["no-standard-descriptors"] = no_standard_descriptors;
  cases["large-descriptors"] = large_descriptors;
  cases["directory-changes"] = directory_changes;
  cases["any-umask"] = any_umask;
}

}  // namespace execlet::embedding

// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>
#include <thread>

#include "cases.h"

namespace execlet::embedding {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kLookAgain = std::chrono::milliseconds(20);

bool is_running(const std::string &mark) {
  const std::unique_ptr<DIR, int (*)(DIR *)> processes(opendir("/proc"), &closedir);
  while (const dirent *entry = readdir(processes.get())) {
    const int file = open(("/proc/" + std::string(entry->d_name) + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    char line[4096];
    const ssize_t size = read(file, line, sizeof line);
    close(file);
    if (size > 0 && memmem(line, static_cast<std::size_t>(size), mark.data(), mark.size()) != nullptr) return true;
  }
  return false;
}

}  // namespace

Execution start_endless(const Executor &executor) {
  auto there = std::make_shared<std::atomic<bool>>(false);
  Request request = sh("echo there; exec sleep " + own_mark());
  request.on_event = [there](const Event &event) {
    if (event.type == EventType::kStdout) there->store(true);
  };
  Execution execution = executor.submit(request);
  while (!there->load() && !execution.wait_for(Seconds(0.005))) {
  }
  EXECLET_DEMAND(there->load());
  return execution;
}

void demand_good_end(int pid) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  for (;;) {
    const int ended = waitpid(pid, &status, WNOHANG);
    EXECLET_DEMAND(ended >= 0);
    if (ended == pid) break;
    if (std::chrono::steady_clock::now() > limit) {
      kill(pid, SIGKILL);
      EXECLET_DEMAND(!"the child hangs");
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  EXECLET_DEMAND_OR(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status " + std::to_string(status));
}

void in_child(const std::function<void()> &body) {
  const pid_t pid = fork();
  EXECLET_DEMAND(pid >= 0);
  if (pid == 0) {
    body();
    _exit(0);
  }
  demand_good_end(pid);
}

void demand_gone(const std::string &mark) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (is_running(mark)) {
    EXECLET_DEMAND_OR(std::chrono::steady_clock::now() < limit, mark + " still runs");
    std::this_thread::sleep_for(kLookAgain);
  }
}

std::string own_mark() {
  static const std::string mark = "2000.0" + std::to_string(getpid());
  return mark;
}

}  // namespace execlet::embedding

int main(int argc, char **argv) {
  using namespace execlet::embedding;
  Cases cases;
  add_fork_cases(cases);
  add_end_cases(cases);
  add_process_cases(cases);
  add_shortage_cases(cases);
  if (argc != 2 || cases.count(argv[1]) == 0) {
    std::cerr << "usage: embedding_host CASE; cases are";
    for (const auto &[name, body] : cases) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  try {
    cases[argv[1]]();
  } catch (const execlet::Error &error) {
    std::cerr << error.reason() << ": " << error.what() << '\n';
    return 1;
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// Programs that turn on their supervisor, and a supervisor that is killed, seen by a host: a typed result in time, and
// the next run works.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

#include "catch.h"
#include "place.h"

namespace execlet::test {
namespace {

using Clock = std::chrono::steady_clock;

Request within(double timeout) {
  Request request;
  request.timeout = Seconds(timeout);
  request.kill_grace = Seconds(0.1);
  return request;
}

// The runners that this process has started.
std::vector<pid_t> runners() {
  std::vector<pid_t> found;
  for (const auto &thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(thread.path() / "children");
    for (pid_t pid; children >> pid;) {
      std::string name;
      std::ifstream line("/proc/" + std::to_string(pid) + "/cmdline");
      std::getline(line, name, '\0');
      if (name == "execlet-runner") found.push_back(pid);
    }
  }
  return found;
}

bool eventually(const std::string &command) {
  for (int attempt = 0; attempt < 500; ++attempt) {
    if (std::system(command.c_str()) == 0) return true;
    poll(nullptr, 0, 20);
  }
  return false;
}

}  // namespace

TEST_CASE("whatever a program does to its supervisor, its run ends typed and in time, and the next one works") {
  const char *const attack = GENERATE(
      "import os, signal\nfor s in range(1, 65):\n  try: os.kill(1, s)\n  except OSError: pass\nprint('sent')",
      "import resource\nresource.prlimit(1, resource.RLIMIT_CPU, (0, 0))\nwhile True: print('x' * 1000)",
      "import resource\nresource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))",
      "import resource\nresource.prlimit(1, resource.RLIMIT_FSIZE, (0, 0))",
      "import resource\nresource.prlimit(1, resource.RLIMIT_AS, (4096, 4096))\nwhile True: print('x' * 100000)",
      "import resource\nresource.prlimit(1, resource.RLIMIT_NPROC, (0, 0))",
      "import os\nos.sched_setaffinity(1, {0})\nos.setpriority(os.PRIO_PROCESS, 1, 19)\nwhile True: pass",
      "import os\nopen('/proc/1/oom_score_adj', 'w').write('1000')",
      "import os\nos.close(1); os.close(2)\nimport time; time.sleep(60)",
      "import ctypes, time\nlibc = ctypes.CDLL(None)\nlibc.ptrace(16, 1, 0, 0)\ntime.sleep(60)");
  const Place place(
      R"({"containment": "namespace", "executors": {"python": {"executable": "/usr/bin/python3"}, "sh": {}}})");
  Request other = within(60);
  other.language = "sh";
  other.code = "sleep 1; echo unharmed";
  const Execution execution = place.executor.submit(other);
  const auto begin = Clock::now();
  const Result result = place.run("python", attack, within(2));
  CAPTURE(attack, result.failure.reason, result.failure.message, result.error);
  CHECK(Clock::now() - begin < std::chrono::seconds(20));
  CHECK(result.status != Status::kInternalError);
  if (result.status == Status::kUnavailable) {
    CHECK(result.failure.reason == "backend.lost");
    CHECK(result.failure.started);
  }
  const Result next = place.run("sh", "echo next", within(20));
  CAPTURE(next.failure.reason, next.failure.message);
  CHECK(next.output == "next\n");
  CHECK(execution.result().output == "unharmed\n");
}

TEST_CASE("a runner that is killed takes its program with it, in every containment, and the next run clears up") {
  const std::string mode = GENERATE(as<std::string>(), "namespace", "cgroup", "subreaper");
  const Place place(R"({"containment": ")" + mode + R"("})");
  const std::string stay = "sleep 1000.9" + std::to_string(getpid());
  const std::string finds = "pgrep -f '^" + stay + "$' > /dev/null";
  Request request = within(60);
  request.language = "sh";
  request.code = "setsid sh -c 'exec " + stay + "' & echo begun; exec " + stay;
  const Execution execution = place.executor.submit(request);
  REQUIRE(eventually("test $(pgrep -fc '^" + stay + "$') = 2"));
  REQUIRE(runners().size() == 1);
  REQUIRE(kill(runners().front(), SIGKILL) == 0);
  const Result result = execution.result();
  CAPTURE(mode, result.failure.message);
  CHECK(result.status == Status::kUnavailable);
  CHECK(result.failure.reason == "backend.lost");
  CHECK(result.failure.started);
  CHECK(result.output == "begun\n");
  CHECK(place.run("sh", "echo next", within(20)).output == "next\n");
  CHECK(eventually("! " + finds));
}

TEST_CASE("a runner that stands still is given up, and the next run has another one") {
  const Place place;
  Request request = within(1);
  request.language = "sh";
  request.code = "echo begun; sleep 60";
  const Execution execution = place.executor.submit(request);
  for (int attempt = 0; attempt < 500 && runners().empty(); ++attempt) poll(nullptr, 0, 10);
  REQUIRE_FALSE(runners().empty());
  REQUIRE(eventually("pgrep -f '^sleep 60$' > /dev/null"));
  REQUIRE(kill(runners().front(), SIGSTOP) == 0);
  const auto begin = Clock::now();
  const Result result = execution.result();
  CAPTURE(result.failure.reason, result.failure.message);
  CHECK(Clock::now() - begin < std::chrono::seconds(20));
  CHECK((result.status == Status::kTimedOut || result.status == Status::kUnavailable));
  CHECK(place.run("sh", "echo next", within(20)).output == "next\n");
}

}  // namespace execlet::test

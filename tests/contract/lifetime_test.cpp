// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catch.h"
#include "place.h"
#include "temp_dir.h"

namespace execlet::test {

bool is_running(const std::string &text) {
  const std::unique_ptr<DIR, int (*)(DIR *)> processes(opendir("/proc"), &closedir);
  REQUIRE(processes);
  while (const dirent *entry = readdir(processes.get())) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const int file = open(("/proc/" + name + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;  // it ended meanwhile
    char line[4096];
    const ssize_t size = read(file, line, sizeof line);
    close(file);
    if (size <= 0) continue;  // as above, or a thread of the kernel
    std::replace(line, line + size, '\0', ' ');
    if (std::string_view(line, static_cast<std::size_t>(size)).find(text) != std::string_view::npos) return true;
  }
  return false;
}

namespace {

using Clock = std::chrono::steady_clock;

// Refused rather than run without: what these programs do would reach beyond their run otherwise.
const char *const kOwnNamespace = R"({"containment": "namespace"})";

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// `sleep` with an argument that only this test uses, so that a survivor can be told from others.
std::string unique_sleep(int number) {
  return "sleep 1000." + std::to_string(getpid()) + std::to_string(number);
}

}  // namespace

TEST_CASE("at its deadline a run is over, with all that it started, and what it printed is kept") {
  const std::string mode = GENERATE("namespace", "cgroup", "subreaper");
  const Place place(R"({"containment": ")" + mode + R"("})");
  const std::string stay = unique_sleep(1);
  const std::vector<std::string> programs = {
      "echo partial; trap '' TERM; while :; do " + stay + "; done",
      "echo partial; kill -STOP $$",
      "echo partial; setsid sh -c 'setsid " + stay + " & exec " + stay + "' & wait",
      "echo partial; (trap '' TERM; exec " + stay + ") & disown 2>/dev/null; " + stay,
  };
  for (const std::string &program : programs) {
    const auto begin = Clock::now();
    const Result result = place.run("bash", program, with_times(0.3, 0.1));
    CAPTURE(mode, program, result.failure.message);
    CHECK(result.status == Status::kTimedOut);
    CHECK(result.output == "partial\n");
    CHECK(seconds_since(begin) < 5);
    CHECK_FALSE(is_running(stay));
  }
}

TEST_CASE("a child that holds the output after the main program ended does not hold the result") {
  const Place place;
  const std::string stay = unique_sleep(2);
  const auto begin = Clock::now();
  const Result result = place.run("bash", "setsid " + stay + " & echo done", with_times(30, 0.1));
  CHECK(result.status == Status::kOk);
  CHECK(result.output == "done\n");
  CHECK(seconds_since(begin) < 5);
  CHECK_FALSE(is_running(stay));
}

TEST_CASE("a fork bomb under a pids limit is gone at the deadline") {
  const Place place(kOwnNamespace);
  const std::string in_the_child = GENERATE("pass", "os.setsid()");
  Request request = with_times(0.5, 0.1);
  request.limits.pids = 40;
  const auto begin = Clock::now();
  const Result result = place.run("python",
                                  "import os\n"
                                  "while True:\n"
                                  "    try:\n"
                                  "        if os.fork() == 0: " +
                                      in_the_child +
                                      "\n"
                                      "    except OSError: pass",
                                  request);
  if (result.status == Status::kRejected) {  // no control group for pids: refused, never ignored
    CHECK(result.failure.message.find("pids") != std::string::npos);
    return;
  }
  CHECK((result.status == Status::kTimedOut || result.status == Status::kResourceExhausted));
  CHECK(seconds_since(begin) < 10);
  CHECK(place.run("sh", "echo alive").output == "alive\n");
}

TEST_CASE("a run is cancelled at any phase, twice, and after its end") {
  const Place place;
  Request request = with_times(30, 0.1);
  request.language = "bash";
  request.code = "trap '' TERM; echo started; while :; do sleep 1; done";
  for (const int milliseconds : {0, 1, 3, 10, 50}) {
    const Execution execution = place.executor.submit(request);
    execution.wait_for(Seconds(milliseconds / 1000.0));
    execution.cancel();
    execution.cancel();
    const auto begin = Clock::now();
    CHECK(execution.result().status == Status::kCancelled);
    CHECK(seconds_since(begin) < 5);
    execution.cancel();
    CHECK(execution.result().status == Status::kCancelled);
  }
}

TEST_CASE("a callback may cancel the run that it watches") {
  const Place place;
  Request request = with_times(30, 0.1);
  request.on_event = [](const Event &event) {
    if (event.type == EventType::kStdout) event.cancel();
  };
  const auto begin = Clock::now();
  const Result result = place.run("sh", "echo now; sleep 20", request);
  CHECK(result.status == Status::kCancelled);
  CHECK(result.output == "now\n");
  CHECK(seconds_since(begin) < 5);
}

TEST_CASE("output without end is counted, and only as much as is retained is kept") {
  const Place place;
  Request request = with_times(0.5, 0);
  const Result result = place.run("sh", "exec yes", request);
  CHECK(result.status == Status::kTimedOut);
  CHECK(result.output.size() == 10u << 20);
  CHECK(result.truncated.output > 0);
}

TEST_CASE("many runs at once do not see each other, with a directory of their own or a shared one") {
  const TempDir shared;
  for (const std::string &options : {std::string("{}"), R"({"work_dir": ")" + shared.path().string() + R"("})"}) {
    const Place place(options);
    std::vector<Execution> executions;
    for (int i = 0; i < 60; ++i) {
      Request request;
      request.language = "sh";
      request.env = {{"NUMBER", std::to_string(i)}};
      request.code = "echo $NUMBER";
      executions.push_back(place.executor.submit(request));
    }
    for (int i = 0; i < 60; ++i) {
      const Result result = executions[static_cast<std::size_t>(i)].result();
      CAPTURE(result.failure.message, result.error);
      CHECK(result.status == Status::kOk);
      CHECK(result.output == std::to_string(i) + "\n");
    }
  }
  CHECK(std::filesystem::is_empty(shared.path()));
}

TEST_CASE("what kills everybody hits only its own run") {
  const Place place(kOwnNamespace);
  Request other = with_times(20, 0.1);
  other.language = "sh";
  other.code = "sleep 0.5; echo unharmed";
  const Execution execution = place.executor.submit(other);
  const Result result = place.run("sh", "echo before; kill -9 -1; echo after", with_times(10, 0.1));
  CHECK(result.output.rfind("before\n", 0) == 0);
  CHECK(execution.result().output == "unharmed\n");
  CHECK(place.run("sh", "echo next").output == "next\n");
}

TEST_CASE("programs have the priority that their host has, whatever their supervisor has") {
  const Place place;
  const std::string own = std::to_string(getpriority(PRIO_PROCESS, 0)) + "\n";
  CHECK(place.run("sh", "nice").output == own);
  CHECK(place.run("sh", "sh -c nice").output == own);
}

}  // namespace execlet::test

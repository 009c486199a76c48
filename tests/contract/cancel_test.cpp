// SPDX-License-Identifier: Apache-2.0
//
// A run can be cancelled at any phase, any number of times; many run at once; what holds them may be killed.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.h"
#include "processes.h"
#include "subject.h"
#include "temp_dir.h"

namespace execlet::test {
namespace {

constexpr double kPrompt = 10;

Request script(const std::string &text, Request request) {
  request.language = "sh";
  request.code = text;
  return request;
}

// Polls with a deadline; no event tells that a process of somebody else has appeared.
bool appears(const std::string &text) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (is_running(text)) return true;
    poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace

TEST_CASE("a run is cancelled at any phase, twice, and after its end") {
  const std::string stay = unique_sleep(4);
  // Each in a backend that is new and in one that is warm.
  const bool warm = GENERATE(false, true);
  const int milliseconds = GENERATE(0, 1, 3, 10, 50, 200);
  const Place place;
  if (warm) REQUIRE(place.sh("echo warm").output == "warm\n");
  const Execution execution =
      place.executor.submit(script("trap '' TERM; echo started; while :; do " + stay + "; done", with_times(30, 0.1)));
  execution.wait_for(Seconds(milliseconds / 1000.0));
  execution.cancel();
  execution.cancel();
  const Stopwatch watch;
  const Result result = execution.result();
  CAPTURE(warm, milliseconds, result.failure.message);
  CHECK(result.status == Status::kCancelled);
  CHECK(result.cli_exit_code == 130);
  CHECK(watch.seconds() < kPrompt);
  CHECK_FALSE(is_running(stay));
  execution.cancel();
  CHECK(execution.result().status == Status::kCancelled);
  CHECK(place.sh("echo next").output == "next\n");
}

TEST_CASE("a cancel after the end changes nothing") {
  const Place place;
  const Execution execution = place.executor.submit(script("exit 3", with_times(30, 0.1)));
  execution.wait();
  execution.cancel();
  CHECK(execution.result().status == Status::kFailed);
  CHECK(execution.result().exit_code == 3);
}

TEST_CASE("a cancel while output pours and while a reader is slow is obeyed") {
  const Place place;
  std::atomic<int> pieces{0};
  Request request = with_times(30, 0.1);
  request.on_event = [&](const Event &event) {
    if (event.type == EventType::kStdout && ++pieces > 3) poll(nullptr, 0, 20);
  };
  const Execution execution = place.executor.submit(script("exec yes", request));
  execution.wait_for(Seconds(0.3));
  const Stopwatch watch;
  execution.cancel();
  CHECK(execution.result().status == Status::kCancelled);
  CHECK(watch.seconds() < kPrompt);
  CHECK(pieces > 0);
}

TEST_CASE("many runs at once are each right, with a directory of their own or a shared one") {
  const TempDir shared;
  const bool has_shared = Claims().option("work_dir");
  for (const bool in_shared : {false, true}) {
    if (in_shared && !has_shared) {
      CHECK_THROWS_AS(Place(R"({"work_dir": ")" + shared.path().string() + "\"}"), InvalidRequestError);
      continue;
    }
    const Place place(in_shared ? R"({"work_dir": ")" + shared.path().string() + "\"}" : "{}");
    std::vector<Execution> executions;
    for (int i = 0; i < 60; ++i) {
      Request request = with_times(100, 0.1);
      request.env = {{"NUMBER", std::to_string(i)}};
      executions.push_back(place.executor.submit(script("echo $NUMBER; exit $NUMBER", request)));
    }
    for (int i = 0; i < 60; ++i) {
      const Result result = executions[static_cast<std::size_t>(i)].result();
      CAPTURE(in_shared, i, result.failure.message, result.error);
      CHECK(result.exit_code == i);
      CHECK(result.output == std::to_string(i) + "\n");
      CHECK(result.error.empty());
    }
  }
  CHECK(std::filesystem::is_empty(shared.path()));
}

TEST_CASE("a backend that is killed in the middle of a run is told, promptly, and the next run works") {
  const Place place;
  const std::string stay = unique_sleep(5);
  std::atomic<bool> begun{false};
  Request request = with_times(60, 0.1);
  request.on_event = [&](const Event &event) { begun = begun || event.type == EventType::kStdout; };
  const Execution execution = place.executor.submit(script("echo begun; exec " + stay, request));
  for (int attempt = 0; attempt < 1000 && !begun; ++attempt) poll(nullptr, 0, 10);
  REQUIRE(begun);
  const std::vector<pid_t> holders = children_named(kSubject.supervisor);
  REQUIRE_FALSE(holders.empty());
  for (const pid_t holder : holders) REQUIRE(kill(holder, SIGKILL) == 0);
  const Stopwatch watch;
  const Result result = execution.result();
  CAPTURE(result.failure.message);
  CHECK(result.status == Status::kUnavailable);
  CHECK(result.failure.reason == "backend.lost");
  CHECK(result.failure.started);
  CHECK(result.output == "begun\n");
  CHECK_FALSE(result.exit_code.has_value());
  CHECK(watch.seconds() < kPrompt);
  CHECK(goes_away(stay));
  CHECK(place.sh("echo next").output == "next\n");
}

TEST_CASE("a backend that was killed while it was idle costs the next run nothing") {
  const Place place;
  CHECK(place.sh("echo first").output == "first\n");
  for (const pid_t holder : children_named(kSubject.supervisor)) REQUIRE(kill(holder, SIGKILL) == 0);
  const Result result = place.sh("echo second");
  CAPTURE(result.failure.message);
  CHECK(result.output == "second\n");
}

TEST_CASE("a host that is killed leaves nothing running") {
  const std::string stay = unique_sleep(6);
  const pid_t host = fork();
  REQUIRE(host >= 0);
  if (host == 0) {
    const Place place;
    (void)place.sh("setsid " + stay + " & trap '' TERM; " + stay, with_times(100, 0.1));
    _exit(0);
  }
  const bool began = appears(stay);
  kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  CHECK(began);
  CHECK(goes_away(stay));
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// When a run is over, all of it is over: promptly, with nothing left alive, with what it printed.
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "catch.h"
#include "processes.h"
#include "subject.h"

namespace execlet::test {
namespace {

// Generous: what is asserted is that nothing waits for a program that does not end.
constexpr double kPrompt = 10;

// A registration that says so must be right: bombs and the like are not tried on it.
bool sees_this_process(const Place &place) {
  return place.sh("tr '\\0' ' ' < /proc/" + std::to_string(getpid()) + "/cmdline | grep -q contract_").ok();
}

}  // namespace

TEST_CASE("at its deadline a run is over, with all that it started, and what it printed is kept") {
  const Place place;
  const std::string stay = unique_sleep(1);
  const std::vector<std::string> programs = {
      "echo partial; " + stay,
      "echo partial; trap '' TERM; while :; do " + stay + "; done",
      "echo partial; trap '' TERM INT HUP; while :; do :; done",
      "echo partial; kill -STOP $$",
      "echo partial; setsid sh -c 'setsid " + stay + " & exec " + stay + "' & wait",
      "echo partial; (trap '' TERM; exec " + stay + ") & " + stay,
      "trap 'while :; do echo more >&2; done' TERM; echo partial; while :; do sleep 0.01; done",
  };
  const int index = GENERATE(range(0, 7));
  const std::string &program = programs[static_cast<std::size_t>(index)];
  const Stopwatch watch;
  const Result result = place.sh(program, with_times(0.4, 0.1));
  CAPTURE(program, result.failure.message);
  CHECK(result.status == Status::kTimedOut);
  CHECK(result.cli_exit_code == 124);
  CHECK_FALSE(result.exit_code.has_value());
  CHECK(result.output == "partial\n");
  CHECK(watch.seconds() < kPrompt);
  CHECK_FALSE(is_running(stay));
  CHECK(place.sh("echo next").output == "next\n");
}

TEST_CASE("a program may tidy up within the grace, and is timed out all the same") {
  const Place place;
  const Result result =
      place.sh("trap 'echo tidy; exit 0' TERM; echo begun; while :; do sleep 0.01; done", with_times(0.4, 20));
  CHECK(result.status == Status::kTimedOut);
  CHECK(result.output == "begun\ntidy\n");
}

TEST_CASE("a deadline bounds everything, also the start") {
  const Place place;
  Request request = with_times(30, 0.1);
  request.deadline = Seconds(0.5);
  const Stopwatch watch;
  const Result result = place.sh("sleep 25", request);
  CHECK(result.status == Status::kTimedOut);
  CHECK(watch.seconds() < kPrompt);
}

TEST_CASE("a child that holds the output after the main program ended does not hold the result") {
  const Place place;
  const std::string stay = unique_sleep(2);
  const std::string child = GENERATE(as<std::string>(), "", "setsid ", "trap '' TERM HUP; exec ");
  const Stopwatch watch;
  const Result result = place.sh("sh -c '" + child + stay + "' & echo done", with_times(30, 0.1));
  CAPTURE(result.failure.message);
  CHECK(result.status == Status::kOk);
  CHECK(result.output == "done\n");
  CHECK(watch.seconds() < kPrompt);
  CHECK_FALSE(is_running(stay));
}

TEST_CASE("a child that keeps writing after the main program ended does not hold the result") {
  const Place place;
  const Stopwatch watch;
  const Result result = place.sh("yes & sleep 0.1; exit 4", with_times(30, 0.1));
  CHECK(result.exit_code == 4);
  CHECK(watch.seconds() < kPrompt);
}

TEST_CASE("daemons are dead when the run is") {
  const Place place;
  const std::string stay = unique_sleep(3);
  const Result result =
      place.sh("(setsid sh -c 'trap \"\" TERM HUP; exec >&- 2>&-; setsid " + stay + " & exec " + stay + "' &); exit 6");
  CHECK(result.exit_code == 6);
  CHECK_FALSE(is_running(stay));
}

TEST_CASE("a fork bomb under a pids limit is gone at the deadline") {
  const Place place;
  const std::string session = GENERATE(as<std::string>(), "", "setsid ");
  Request request = with_times(0.6, 0.1);
  request.limits.pids = 48;
  if (!Claims().limit("pids")) {
    CHECK(place.sh("echo ran", request).status == Status::kRejected);
    return;
  }
  if (kSubject.shares_processes) {
    CHECK(sees_this_process(place));
    return;
  }
  const std::string mark = "bomb" + std::to_string(getpid());
  request.args = {mark};
  // Every process starts its own script anew, for ever.
  const std::string bomb =
      "(while :; do " + session + R"(sh "$0" "$1" & done) 2>/dev/null &)" + "\nwhile :; do :; done";
  const Stopwatch watch;
  const Result result = place.sh(bomb, request);
  CAPTURE(result.failure.message);
  if (result.status == Status::kRejected) {  // claimed, and this user has no control group for it
    CHECK(has(result.failure.message, "pids"));
    return;
  }
  CHECK((result.status == Status::kTimedOut || result.status == Status::kResourceExhausted));
  CHECK(watch.seconds() < 2 * kPrompt);
  CHECK_FALSE(is_running(mark));
  CHECK(place.sh("echo alive").output == "alive\n");
}

TEST_CASE("what kills everybody hits only its own run") {
  const Place place;
  if (kSubject.shares_processes) {
    CHECK(sees_this_process(place));
    return;
  }
  CHECK_FALSE(sees_this_process(place));
  Request other = with_times(20, 0.1);
  other.language = "sh";
  other.code = "sleep 0.5; echo unharmed";
  const Execution execution = place.executor.submit(other);
  const Result result = place.sh("echo before; kill -9 -1; echo after", with_times(10, 0.1));
  CHECK(result.output.rfind("before\n", 0) == 0);
  CHECK(execution.result().output == "unharmed\n");
  CHECK(place.sh("echo next").output == "next\n");
}

TEST_CASE("programs have the priority that their host has") {
  const Place place;
  const std::string own = std::to_string(getpriority(PRIO_PROCESS, 0)) + "\n";
  CHECK(place.sh("nice; sh -c nice").output == own + own);
}

TEST_CASE("what one run left is not there for the next") {
  const Claims claims;
  const Place place;
  CHECK(place.sh("echo x > left.txt; mkdir -p sub/dir; export LEFT=1; umask 0; exit 0").status == Status::kOk);
  const Result result = place.sh("ls -A | grep -v '^[.]execlet'; echo ${LEFT-unset}");
  if (claims.text("state") == "persistent") return;  // what stays there is its own cases' business
  CHECK(result.output == "unset\n");
}

}  // namespace execlet::test

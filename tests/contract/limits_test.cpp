// SPDX-License-Identifier: Apache-2.0
//
// A limit that is claimed is enforced, with evidence, or refused where this machine lacks the means; one that is not
// claimed is refused. None is ever ignored.
#include <functional>

#include "catch.h"
#include "processes.h"
#include "subject.h"

namespace execlet::test {
namespace {

struct Case {
  const char *name;
  LimitValue Limits::*member;
  LimitValue value;
  double number;  // the value as the result tells it
  std::string program;
  bool ends_the_run;  // and is named as the cause
};

const Case kCases[] = {
    {"memory", &Limits::memory, "64m", 64.0 * (1 << 20), "echo begun; head -c 300000000 /dev/zero | tail", true},
    {"cpu_time", &Limits::cpu_time, 0.3, 0.3, "echo begun; while :; do :; done", true},
    {"pids", &Limits::pids, 24, 24,
     "echo begun; i=0; while [ $i -lt 80 ]; do sleep 9 & i=$((i + 1)); done; wait; exit 1", true},
    {"file_size", &Limits::file_size, "1m", 1 << 20, "echo begun; exec dd if=/dev/zero of=big bs=65536 count=100",
     true},
    {"output", &Limits::output, 100000, 100000, "echo begun; yes", true},
    {"disk", &Limits::disk, "8m", 8 << 20, "echo begun; exec head -c 40000000 /dev/zero > big", true},
    {"open_files", &Limits::open_files, 64, 64, "echo begun; ulimit -n >&2", false},
    {"cpus", &Limits::cpus, 0.5, 0.5, "echo begun", false},
};

Request with(const Case &one) {
  Request request = with_times(20, 0.1);
  request.limits.*one.member = one.value;
  return request;
}

}  // namespace

TEST_CASE("a limit is enforced or refused, as the manifest says") {
  const Place place;
  const Claims claims;
  const int index = GENERATE(range(0, 8));
  const Case &one = kCases[index];
  const Result result = place.sh(one.program, with(one));
  CAPTURE(one.name, result.failure.reason, result.failure.message, result.error);
  if (result.status == Status::kRejected) {  // not claimed, or claimed and not to be had on this machine
    CHECK(result.failure.reason == "limits.not-enforceable");
    CHECK(has(result.failure.message, one.name));
    CHECK_FALSE(result.failure.started);
    CHECK(result.output.empty());
    return;
  }
  CHECK(claims.limit(one.name));
  REQUIRE(report(result, one.name) != nullptr);
  CHECK(report(result, one.name)->requested == one.number);
  CHECK(report(result, one.name)->enforced <= one.number);
  CHECK(report(result, one.name)->enforced > 0);
  CHECK_FALSE(report(result, one.name)->how.empty());
  CHECK(has(result.output, "begun\n"));
  const bool counted = one.ends_the_run && !has(report(result, one.name)->how, "rlimit, per process");
  CHECK(report(result, one.name)->hit == counted);
  CHECK((result.status == Status::kResourceExhausted) == counted);
  if (counted) CHECK(result.cli_exit_code == 137);
}

TEST_CASE("with best effort a run goes on without a limit that cannot be had, and says so") {
  const Place place;
  const Claims claims;
  for (const Case &one : kCases) {
    Request request = with(one);
    request.best_effort = true;
    const Result result = place.sh("echo ran", request);
    CAPTURE(one.name, result.failure.message);
    CHECK(result.output == "ran\n");
    const LimitReport *told = report(result, one.name);
    const bool enforced = told != nullptr && !told->how.empty();
    if (enforced) {
      CHECK(claims.limit(one.name));
      continue;
    }
    if (told != nullptr) CHECK(told->enforced == 0);
    bool noted = told != nullptr;
    for (const Notice &notice : result.notices) noted = noted || has(notice.text, one.name);
    CHECK(noted);
  }
}

TEST_CASE("output is limited to the byte, and what just fits is no hit") {
  const Place place;
  Request request = with_times(20, 0.1);
  request.limits.output = 100001;
  const Result loud = place.sh("yes", request);
  if (!Claims().limit("output")) {
    CHECK(loud.status == Status::kRejected);
    return;
  }
  CHECK(loud.output.size() == 100001);
  const Result fits = place.sh("head -c 100001 /dev/zero", request);
  CHECK(fits.status == Status::kOk);
  CHECK(fits.output.size() == 100001);
  CHECK_FALSE(report(fits, "output")->hit);
}

TEST_CASE("a program that ends with 137 under a memory limit did not run out of it") {
  const Place place;
  Request request = with_times(20, 0.1);
  request.limits.memory = "128m";
  const Result result = place.sh("exit 137", request);
  if (!Claims().limit("memory")) {
    CHECK(result.status == Status::kRejected);
    return;
  }
  CHECK(result.status == Status::kFailed);
  CHECK(result.exit_code == 137);
  CHECK_FALSE(report(result, "memory")->hit);
  const Result killed = place.sh("kill -9 $$", request);
  CHECK(killed.status == Status::kSignaled);
  CHECK_FALSE(report(killed, "memory")->hit);
}

TEST_CASE("after a limit was hit the next run has all its room") {
  const Place place;
  const int index = GENERATE(range(0, 8));
  (void)place.sh(kCases[index].program, with(kCases[index]));
  const Result result = place.sh("head -c 20000000 /dev/zero > big; wc -c < big; rm big");
  CAPTURE(kCases[index].name, result.failure.message, result.error);
  CHECK(has(result.output, "20000000\n"));
}

TEST_CASE("the time limit that is no limit by accident") {
  const Place place;
  for (const double bad : {0.0, -1.0, 1e18}) {
    const Result result = place.sh("echo ran", with_times(bad, 0.1));
    CAPTURE(bad);
    CHECK(result.status == Status::kInvalidRequest);
    CHECK(has(result.failure.message, "/timeout"));
    CHECK(result.output.empty());
  }
  const Result tiny = place.sh("sleep 30", with_times(1e-6, 0));
  CHECK(tiny.status == Status::kTimedOut);
}

}  // namespace execlet::test

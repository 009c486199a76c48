// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "place.h"

namespace execlet::test {
namespace {

const LimitReport *report(const Result &result, const std::string &name) {
  for (const LimitReport &limit : result.limits)
    if (limit.name == name) return &limit;
  return nullptr;
}

}  // namespace

TEST_CASE("a program's own exit code is its own, whatever it means elsewhere") {
  const Place place;
  CHECK(place.run("sh", "echo fine").status == Status::kOk);
  for (const int code : {1, 2, 124, 125, 126, 127, 130, 137, 255}) {
    const Result result = place.run("sh", "echo out; echo err >&2; exit " + std::to_string(code));
    CHECK(result.status == Status::kFailed);
    CHECK(result.exit_code == code);
    CHECK(result.output == "out\n");
    CHECK(result.error == "err\n");
  }
}

TEST_CASE("a signal that nobody here sent is told with its number") {
  const Place place;
  for (const int number : {9, 15, 6}) {
    const Result result = place.run("sh", "echo before; kill -" + std::to_string(number) + " $$");
    CHECK(result.status == Status::kSignaled);
    CHECK(result.signal == number);
    CHECK_FALSE(result.exit_code.has_value());
    CHECK(result.output == "before\n");
  }
}

TEST_CASE("a limit that ends a run is named, and the output so far is kept") {
  const Place place;
  Request request;
  request.limits.memory = "64m";
  const Result memory = place.run("python", "print('before', flush=True)\nx = bytearray(10**9)", request);
  REQUIRE(report(memory, "memory") != nullptr);
  CHECK_FALSE(report(memory, "memory")->how.empty());
  if (report(memory, "memory")->how.find("cgroup") != std::string::npos) {
    CHECK(memory.status == Status::kResourceExhausted);
    CHECK(report(memory, "memory")->hit);
  } else {
    CHECK(memory.status == Status::kFailed);
  }
  CHECK(memory.output == "before\n");

  Request output;
  output.limits.output = 100000;
  const Result loud = place.run("sh", "yes", output);
  CHECK(loud.status == Status::kResourceExhausted);
  REQUIRE(report(loud, "output") != nullptr);
  CHECK(report(loud, "output")->hit);

  Request cpu;
  cpu.limits.cpu_time = 0.3;
  const Result busy = place.run("sh", "while :; do :; done", cpu);
  CHECK(busy.status == Status::kResourceExhausted);
  REQUIRE(report(busy, "cpu_time") != nullptr);
  CHECK(report(busy, "cpu_time")->hit);
}

TEST_CASE("a language or program that is not there is said before anything starts") {
  const Place place(R"({"executors": {"bash": {}, "gone": {"executable": "/nowhere/gone"}}})");
  const Result unknown = place.run("python", "print(1)");
  CHECK(unknown.status == Status::kLanguageNotSupported);
  CHECK(unknown.failure.message.find("bash") != std::string::npos);
  const Result gone = place.run("gone", "x");
  CHECK(gone.status == Status::kUnavailable);
  CHECK(gone.failure.message.find("/nowhere/gone") != std::string::npos);
  CHECK_FALSE(gone.failure.started);
}

TEST_CASE("both streams arrive whole, and bytes that are no text stay what they are") {
  const Place place;
  const Result large = place.run("python",
                                 "import sys, threading\n"
                                 "def w(s, c):\n"
                                 "    for _ in range(64): s.buffer.write(c * 16384)\n"
                                 "t = threading.Thread(target=w, args=(sys.stderr, b'e'))\n"
                                 "t.start(); w(sys.stdout, b'o'); t.join()");
  CHECK(large.output == std::string(1 << 20, 'o'));
  CHECK(large.error == std::string(1 << 20, 'e'));
  const Result binary = place.run("python", "import sys; sys.stdout.buffer.write(bytes(range(256)))");
  REQUIRE(binary.output.size() == 256);
  CHECK(static_cast<unsigned char>(binary.output[255]) == 255);
}

TEST_CASE("the host's environment stays with the host") {
  setenv("EXECLET_TEST_SECRET", "leaked", 1);
  setenv("EXECLET_TEST_PASSED", "passed", 1);
  const Place place(R"({"env_vars": {"FROM_OPTIONS": "option"}, "pass_env": ["EXECLET_TEST_PASSED"]})");
  Request request;
  request.env = {{"FROM_REQUEST", "request"}};
  const Result result = place.run("sh", "env", request);
  CHECK(result.output.find("leaked") == std::string::npos);
  CHECK(result.output.find("EXECLET_TEST_PASSED=passed\n") != std::string::npos);
  CHECK(result.output.find("FROM_OPTIONS=option\n") != std::string::npos);
  CHECK(result.output.find("FROM_REQUEST=request\n") != std::string::npos);
  CHECK(result.output.find("PATH=") != std::string::npos);
}

TEST_CASE("standard input is what was given, and empty otherwise") {
  const Place place;
  CHECK(place.run("sh", "wc -c").output.find('0') != std::string::npos);
  Request request;
  request.stdin_data = std::string(300000, 'i');
  CHECK(place.run("python", "import sys; print(len(sys.stdin.read()))", request).output == "300000\n");
  CHECK(place.run("sh", "exec true", request).status == Status::kOk);
}

}  // namespace execlet::test

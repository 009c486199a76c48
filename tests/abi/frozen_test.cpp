// SPDX-License-Identifier: Apache-2.0
//
// A plugin that was built for ABI 1.0, by the headers of then, in the host of today.
#include <execlet/execlet.hpp>

#include <string>
#include <vector>

#include "catch.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace {

using namespace std::chrono_literals;

class Host {
 public:
  Host() {
    execlet::RuntimeOptions options;
    options.plugin_dirs = {EXECLET_TEST_PLUGIN_DIR};
    options.config_json = R"({"executors": {"old": {"backend": "frozen-1-0", "options": {"greeting": "hi"}}}})";
    options.log_level = execlet::LogLevel::kInfo;
    options.log = [this](execlet::LogLevel, std::string_view component, std::string_view message) {
      log_ += std::string(component) + " " + std::string(message) + "\n";
    };
    runtime_.emplace(execlet::Runtime::open(options));
  }
  execlet::Result run(execlet::Request request) {
    request.language = "text";
    return runtime_->executor("old").execute_code(request);
  }
  execlet::Result run(const std::string &code) {
    execlet::Request request;
    request.code = code;
    return run(request);
  }
  const std::string &log() const { return log_; }
  execlet::Executor executor() { return runtime_->executor("old"); }

 private:
  execlet::test::TempDir dir_;
  execlet::test::ScopedEnv cache_{"XDG_CACHE_HOME", dir_.path().c_str()};
  std::string log_;
  std::optional<execlet::Runtime> runtime_;
};

}  // namespace

TEST_CASE("A plugin of 1.0 is found, set up and described") {
  Host host;
  CHECK(host.run("greeting").output == R"({"greeting":"hi"})");
  CHECK_THAT(host.log(), Catch::Contains("frozen old"));
  CHECK_THAT(host.executor().describe_json(), Catch::Contains("\"available\":true"));
  host.executor().start();
  host.executor().restart();
}

TEST_CASE("Every event of 1.0 still arrives") {
  Host host;
  execlet::Request request;
  request.code = "events";
  std::vector<execlet::EventType> seen;
  request.on_event = [&](const execlet::Event &event) { seen.push_back(event.type); };
  const execlet::Result result = host.run(request);
  using Type = execlet::EventType;
  const std::vector<Type> expected = {Type::kProgress,    Type::kStarted,  Type::kStdout,       Type::kStderr,
                                      Type::kClearOutput, Type::kNotice,   Type::kInputRequest, Type::kDisplay,
                                      Type::kArtifact,    Type::kUserError};
  CHECK(seen == expected);
  CHECK(result.status == execlet::Status::kFailed);
  CHECK(result.failure.message == "FrozenError: too cold");
  CHECK(result.output == "out");
  CHECK(result.error == "err");
  REQUIRE(result.artifacts.size() == 1);
  CHECK(result.artifacts[0].data == "kept");
  REQUIRE(result.displays.size() == 1);
  REQUIRE(result.notices.size() == 1);
  CHECK(result.notices[0].code == "frozen.notice");
}

TEST_CASE("Every member of a request of 1.0 still reaches it") {
  Host host;
  execlet::Request request;
  request.code = "request";
  request.files = {{"a.txt", "file "}};
  request.args = {"arg "};
  request.env = {{"NAME", "value"}};
  request.collect = {"*.txt"};
  request.timeout = 7s;
  request.kill_grace = 1s;
  request.network = "none";
  CHECK(host.run(request).output == "files 1 args 1 env 1 collect 1 timeout 7000 grace 1000\nfile arg NAME=valuenone");

  execlet::Request input;
  input.code = "input";
  input.stdin_data = "typed";
  CHECK(host.run(input).output == "typed");
}

TEST_CASE("Limits of 1.0 are asked for, reported and hit as they were") {
  Host host;
  execlet::Request request;
  request.code = "limit";
  request.limits.memory = "1m";
  request.limits.pids = 5;
  const execlet::Result result = host.run(request);
  CHECK(result.status == execlet::Status::kResourceExhausted);
  CHECK(result.failure.reason == "limits.memory");
  CHECK(result.usage.peak_memory_bytes == 4096);
  std::string enforced;
  for (const execlet::LimitReport &limit : result.limits)
    if (limit.how == "frozen") enforced += limit.name + " ";
  CHECK(enforced == "memory pids ");
}

TEST_CASE("A refusal, a reset and a stop of 1.0 are what they were") {
  Host host;
  const execlet::Result refused = host.run("refuse");
  CHECK(refused.status == execlet::Status::kUnavailable);
  CHECK(refused.failure.reason == "frozen.refused");
  CHECK(refused.failure.details == R"({"degrees":-1})");
  for (int i = 0; i < 3; ++i) CHECK(host.run("runs").exit_code == 1);

  execlet::Request request;
  request.code = "wait";
  request.language = "text";
  const execlet::Execution execution = host.executor().submit(request);
  execution.cancel();
  CHECK(execution.result().status == execlet::Status::kCancelled);
  request.timeout = 50ms;
  CHECK(host.run(request).status == execlet::Status::kTimedOut);
}

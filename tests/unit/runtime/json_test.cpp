// SPDX-License-Identifier: Apache-2.0
//
// Results, events and requests as JSON.
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <set>

#include "catch.h"
#include "runtime/json_writer.h"
#include "runtime/request_json.h"
#include "runtime/result_json.h"

using namespace execlet::core;
namespace json = boost::json;

namespace {

json::object parsed(const std::string &text) {
  return json::parse(text).as_object();
}

execlet_event event_of(std::int32_t type, std::string_view data, const char *name = nullptr) {
  execlet_event event{};
  event.struct_size = sizeof event;
  event.type = type;
  event.data = data.data();
  event.size = data.size();
  event.name = name;
  return event;
}

}  // namespace

TEST_CASE("A result has exactly the published keys") {
  const json::object object = parsed(result_json(RunResult()));
  std::set<std::string> keys;
  for (const auto &member : object) keys.insert(std::string(member.key()));
  CHECK(keys == std::set<std::string>{"status", "exit_code", "signal", "stdout", "stderr", "usage", "limits",
                                      "truncated", "displays", "artifacts", "notices", "cached", "failure",
                                      "execution_id", "executor", "backend", "blocks", "session"});
  CHECK(object.at("failure").is_null());
  CHECK(object.at("exit_code").is_null());
  CHECK(object.at("session").is_null());
}

TEST_CASE("A full result survives the way through JSON") {
  RunResult result;
  result.status = EXECLET_RESOURCE_EXHAUSTED;
  result.signal = 9;
  result.output = "line\n\"quoted\" \\ \x01 ü";
  result.error = "bad \xff bytes";
  result.wall_ns = 1'500'000;
  result.peak_memory_bytes = 1u << 30;
  result.limits[EXECLET_ABI_LIMIT_MEMORY] = {1u << 20, 1u << 20, "cgroup", true};
  result.limits[EXECLET_ABI_LIMIT_CPUS] = {500, 500, "quota", false};
  result.truncated = {7, 8};
  result.displays.push_back({{{"image/png", "\x89PNG"}, {"text/plain", "a plot"}}, R"({"w": 1})"});
  result.artifacts.push_back({"a.txt", "text/plain", 3, nullptr, "/out/a.txt"});
  result.notices.push_back({"staging.moved", "moved"});
  result.failure = {EXECLET_RESOURCE_EXHAUSTED, "limits.memory", "killed", R"({"x":1})", false, true};
  result.blocks.emplace_back();
  const json::object object = parsed(result_json(result));
  CHECK(object.at("status") == "resource_exhausted");
  CHECK(object.at("signal") == 9);
  CHECK(object.at("stdout").as_string() == result.output);
  CHECK_FALSE(object.contains("stdout_base64"));
  CHECK(object.at("stderr").as_string() == "bad \xEF\xBF\xBD bytes");
  CHECK(object.at("stderr_base64") == "YmFkIP8gYnl0ZXM=");
  CHECK(object.at("usage").at("wall_ms").to_number<double>() == 1.5);
  CHECK(object.at("limits").at("requested").at("memory").to_number<int>() == 1 << 20);
  CHECK(object.at("limits").at("enforced").at("cpus").to_number<double>() == 0.5);
  CHECK(object.at("limits").at("how").at("memory") == "cgroup");
  CHECK(object.at("limits").at("hit") == json::array{"memory"});
  CHECK(object.at("truncated").at("stdout") == 7);
  CHECK(object.at("displays").at(0).at("data").at("image/png") == "iVBORw==");
  CHECK(object.at("displays").at(0).at("data").at("text/plain") == "a plot");
  CHECK(object.at("displays").at(0).at("metadata").at("w") == 1);
  CHECK(object.at("artifacts").at(0).at("path") == "/out/a.txt");
  CHECK(object.at("failure").at("code") == "resource_exhausted");
  CHECK(object.at("failure").at("details").at("x") == 1);
  CHECK(object.at("failure").at("started") == true);
  CHECK(object.at("blocks").as_array().size() == 1);
}

TEST_CASE("Numbers are written without exponents") {
  JsonWriter out;
  out.begin_array();
  out.decimal(0.1);
  out.decimal(1e12);
  out.decimal(3);
  out.decimal(0.0000001);
  out.number(std::uint64_t{18446744073709551615u});
  out.number(std::int64_t{-5});
  out.end_array();
  CHECK(std::move(out).text() == "[0.1,1000000000000,3,0,18446744073709551615,-5]");
}

TEST_CASE("Events are one line of JSON each") {
  CHECK(event_json(event_of(EXECLET_EVENT_STDOUT, "a\nb")) == R"({"event":"stdout","block":0,"data":"a\nb"})");
  CHECK(event_json(event_of(EXECLET_EVENT_STDERR, "\xff")) ==
        "{\"event\":\"stderr\",\"block\":0,\"data\":\"\xEF\xBF\xBD\",\"data_base64\":\"/w==\"}");
  CHECK(event_json(event_of(EXECLET_EVENT_STARTED, "")) == R"({"event":"started","block":0})");
  CHECK(event_json(event_of(EXECLET_EVENT_NOTICE, "text", "a.code")) ==
        R"({"event":"notice","block":0,"code":"a.code","text":"text"})");
  CHECK(event_json(event_of(EXECLET_EVENT_DISPLAY, R"({"data":{}})")) ==
        R"({"event":"display","block":0,"display":{"data":{}}})");
}

TEST_CASE("A request from JSON has every published key") {
  const auto request = request_from_json(R"({"code": "c", "language": "l", "files": {"a": "x", "b": {"base64": "/w=="}},
    "args": ["1", "2"], "env": {"A": "B"}, "stdin": "in", "timeout": 1.5, "kill_grace": 0, "deadline": 9,
    "limits": {"memory": "1m", "pids": 5, "cpus": 0.5}, "best_effort": true, "network": "none", "session": "s",
    "collect": ["*"], "artifacts_dir": "d", "metadata": {"k": 1}})");
  REQUIRE(request.ok());
  CHECK(request.value().code == "c");
  CHECK(request.value().files[1].second == "\xff");
  CHECK(request.value().args == std::vector<std::string>{"1", "2"});
  CHECK(request.value().timeout == 1.5);
  CHECK(request.value().kill_grace == 0.0);
  CHECK(request.value().limits[1] == std::pair<std::string, std::string>{"pids", "5"});
  CHECK(request.value().limits[2].second == "0.500000");
  CHECK(request.value().best_effort);
  CHECK(request.value().metadata == R"({"k":1})");
  const auto blocks = request_from_json(R"({"blocks": [{"code": "1", "language": "py"}, {"code": "2"}]})");
  REQUIRE(blocks.ok());
  CHECK(blocks.value().blocks[0].language == "py");
  CHECK(blocks.value().blocks.size() == 2);
}

TEST_CASE("A wrong request in JSON names the place and the nearest key") {
  const auto refusal = [](std::string_view text) {
    const auto request = request_from_json(text);
    REQUIRE_FALSE(request.ok());
    CHECK(request.failure().status == EXECLET_INVALID_REQUEST);
    return request.failure();
  };
  CHECK(refusal("{").reason == "request.syntax");
  CHECK(refusal(R"({"code": "1", "code": "2"})").reason == "request.duplicate-key");
  CHECK(refusal("[]").reason == "request.type");
  CHECK(refusal(R"({"tiemout": 1})").message == "request /tiemout: unknown key; did you mean \"timeout\"?");
  CHECK(refusal(R"({"a\nb": 1})").message == "request /a b: unknown key");
  CHECK(refusal(R"({"a\nb": 1})").details_json == R"({"pointer":"/a\nb"})");
  CHECK(refusal(R"({")" + std::string(1000, 'k') + R"(": 1})").message.size() < 300);
  CHECK(refusal(R"({"timeout": "1"})").details_json == R"({"pointer":"/timeout"})");
  CHECK(refusal(R"({"args": [1]})").details_json == R"({"pointer":"/args/0"})");
  CHECK(refusal(R"({"files": {"a": {"base64": "!"}}})").reason == "request.base64");
  CHECK(refusal(R"({"blocks": [{"language": "py"}]})").reason == "request.no-code");
}

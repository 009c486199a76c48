// SPDX-License-Identifier: Apache-2.0
//
// The C++ API over a scripted library. Compiled as C++17 and as C++20.
#include <execlet/execlet.hpp>
#include <thread>

#include "catch.h"
#include "fake_execlet.h"

using namespace std::chrono_literals;
using execlet::Status;

namespace {

// A test's library begins clean, and at the end nothing that it handed out is left.
struct Clean {
  Clean() { fake::reset(); }
  ~Clean() { CHECK(fake::record.alive == 0); }
};

execlet::Executor open_executor(execlet::Runtime &&runtime = execlet::Runtime::from_json("{}")) {
  return runtime.executor("py");
}

template <class Exception>
void check_thrown(Status status) {
  fake::script.result.status = static_cast<execlet_status>(status);
  fake::script.result.exited = false;
  fake::script.result.output = "partial";
  fake::script.result.reason = "some.reason";
  fake::script.result.message = "because";
  fake::script.result.retryable = true;
  const auto result = open_executor().execute_code({});
  CHECK(result.status == status);
  try {
    result.or_throw();
    FAIL("nothing was thrown");
  } catch (const Exception &error) {
    CHECK(std::string(error.what()) == "because");
    CHECK(error.status() == status);
    CHECK(error.reason() == "some.reason");
    CHECK(error.failure().retryable);
    REQUIRE(error.result() != nullptr);
    CHECK(error.result()->output == "partial");
  }
}

}  // namespace

TEST_CASE("each status that is not ok has an exception of its own") {
  const Clean clean;
  check_thrown<execlet::FailedError>(Status::kFailed);
  check_thrown<execlet::SignaledError>(Status::kSignaled);
  check_thrown<execlet::TimeoutError>(Status::kTimedOut);
  check_thrown<execlet::ResourceExhaustedError>(Status::kResourceExhausted);
  check_thrown<execlet::CancelledError>(Status::kCancelled);
  check_thrown<execlet::LanguageNotSupportedError>(Status::kLanguageNotSupported);
  check_thrown<execlet::RejectedError>(Status::kRejected);
  check_thrown<execlet::InvalidRequestError>(Status::kInvalidRequest);
  check_thrown<execlet::UnavailableError>(Status::kUnavailable);
  check_thrown<execlet::InternalError>(Status::kInternalError);
}

TEST_CASE("a status of a later version is an internal error") {
  const Clean clean;
  check_thrown<execlet::InternalError>(static_cast<Status>(99));
}

TEST_CASE("or_throw of an ok result is the result") {
  const Clean clean;
  fake::script.result.output = "hello";
  CHECK(open_executor().execute_code({}).or_throw().output == "hello");
}

TEST_CASE("a failure without a message says how the program ended") {
  const Clean clean;
  fake::script.result.status = EXECLET_FAILED;
  fake::script.result.exit_code = 3;
  CHECK_THROWS_WITH(open_executor().execute_code({}).or_throw(), "exited with code 3");
  fake::script.result.status = EXECLET_SIGNALED;
  fake::script.result.signal = 9;
  CHECK_THROWS_WITH(open_executor().execute_code({}).or_throw(), "killed by signal 9");
}

TEST_CASE("what is wrong before a run throws the class of its status, with reason and details") {
  const Clean clean;
  fake::script.open_status = EXECLET_INVALID_REQUEST;
  fake::script.reason = "config.unknown-key";
  fake::script.message = "unknown key";
  try {
    execlet::Runtime::from_file("/x.json");
    FAIL("nothing was thrown");
  } catch (const execlet::InvalidRequestError &error) {
    CHECK(error.reason() == "config.unknown-key");
    CHECK(error.failure().details == "{\"pointer\":\"/x\"}");
    CHECK(error.result() == nullptr);
  }
  fake::script.open_status = EXECLET_OK;
  const auto runtime = execlet::Runtime::from_json("{}");
  const auto executor = runtime.executor();
  fake::script.open_status = EXECLET_UNAVAILABLE;
  CHECK_THROWS_AS(runtime.executor("py"), execlet::UnavailableError);
  CHECK_THROWS_AS(runtime.executor_from_json("py", "{}"), execlet::UnavailableError);
  CHECK_THROWS_AS(runtime.plugin_json("x"), execlet::UnavailableError);
  CHECK_THROWS_AS(runtime.check_config(), execlet::UnavailableError);
  CHECK_THROWS_AS(executor.start(), execlet::UnavailableError);
  CHECK_THROWS_AS(executor.stop(), execlet::UnavailableError);
  CHECK_THROWS_AS(executor.restart(), execlet::UnavailableError);
  CHECK_THROWS_AS(executor.describe_json(), execlet::UnavailableError);
  CHECK_THROWS_AS(executor.inspect_json(), execlet::UnavailableError);
  fake::script.open_status = EXECLET_OK;
  CHECK(executor.describe_json() == "{\"languages\":[]}");
  CHECK(executor.inspect_json() == "{\"limits\":{}}");
}

TEST_CASE("every member of a request reaches the library") {
  const Clean clean;
  execlet::Request request;
  request.code = std::string("a\0b", 3);
  request.language = "python";
  request.files["x/y.py"] = "1";
  request.entry_point = "x/y.py";
  request.args = {"one", "two"};
  request.stdin_data = "in";
  request.env["K"] = "V";
  request.timeout = 1500ms;
  request.limits.memory = "512m";
  request.limits.cpus = 0.5;
  request.limits.cpu_time = 30;
  request.limits.pids = 64u;
  request.limits.open_files = std::string("100");
  request.limits.file_size = 1ull << 40;
  request.limits.output = "1g";
  request.limits.disk = "2g";
  request.network = "none";
  request.session = "s";
  request.collect = {"*.txt", "a/**"};
  request.metadata = "{}";
  request.kill_grace = 0s;
  request.deadline = 2min;
  request.best_effort = true;
  request.artifacts_dir = "out";
  request.open_stdin = true;
  open_executor().execute_code(request);
  const std::map<std::string, std::string> expected = {{"code", std::string("a\0b", 3)},
                                                       {"language", "python"},
                                                       {"file x/y.py", "1"},
                                                       {"entry_point", "x/y.py"},
                                                       {"args", "one;two;"},
                                                       {"stdin", "in"},
                                                       {"env K", "V"},
                                                       {"timeout", "1.500000"},
                                                       {"limit memory", "512m"},
                                                       {"limit cpus", "0.5"},
                                                       {"limit cpu_time", "30"},
                                                       {"limit pids", "64"},
                                                       {"limit open_files", "100"},
                                                       {"limit file_size", "1099511627776"},
                                                       {"limit output", "1g"},
                                                       {"limit disk", "2g"},
                                                       {"network", "none"},
                                                       {"session", "s"},
                                                       {"collect", "*.txt;a/**;"},
                                                       {"metadata", "{}"},
                                                       {"kill_grace", "0.000000"},
                                                       {"deadline", "120.000000"},
                                                       {"best_effort", "1"},
                                                       {"artifacts_dir", "out"},
                                                       {"open_stdin", "1"}};
  CHECK(fake::record.request == expected);
}

TEST_CASE("text that C would cut at a NUL is refused, not cut") {
  const Clean clean;
  const std::string cut("a\0b", 3);
  const execlet::Executor executor = open_executor();
  const auto refused = [&](auto change) {
    execlet::Request request;
    request.code = "1";
    change(request);
    CHECK_THROWS_AS(executor.execute_code(request), execlet::InvalidRequestError);
  };
  refused([&](execlet::Request &request) { request.language = cut; });
  refused([&](execlet::Request &request) { request.files[cut] = ""; });
  refused([&](execlet::Request &request) { request.args = {cut}; });
  refused([&](execlet::Request &request) { request.env[cut] = ""; });
  refused([&](execlet::Request &request) { request.env["K"] = cut; });
  refused([&](execlet::Request &request) { request.collect = {cut}; });
  refused([&](execlet::Request &request) { request.artifacts_dir = cut; });
  refused([&](execlet::Request &request) { request.session = cut; });
}

TEST_CASE("what a request does not set is not said, so that the executor's values hold") {
  const Clean clean;
  execlet::Request request;
  request.code = "x";
  open_executor().execute_code(request);
  CHECK(fake::record.request == std::map<std::string, std::string>{{"code", "x"}});
}

#if __cplusplus >= 202002L
TEST_CASE("a request is written with designated initializers") {
  const Clean clean;
  open_executor().execute_code(
      {.code = "print(1)", .language = "python", .timeout = 10s, .limits = {.memory = "64m", .pids = 5}});
  CHECK(fake::record.request.at("timeout") == "10.000000");
  CHECK(fake::record.request.at("limit pids") == "5");
}
#endif

TEST_CASE("every part of a result is read") {
  const Clean clean;
  auto &script = fake::script.result;
  script.output = std::string("out\0put", 7);
  script.error = "err";
  script.exit_code = 5;
  script.status = EXECLET_FAILED;
  script.started = true;
  const auto result = open_executor().execute_code({});
  CHECK(result.output == std::string("out\0put", 7));
  CHECK(result.error == "err");
  CHECK(result.exit_code == 5);
  CHECK(result.failure.started);
  CHECK(result.cli_exit_code == 77);
  CHECK(result.usage.wall_ms == 1.5);
  CHECK(result.usage.cpu_user_ms == 2.5);
  CHECK(result.usage.cpu_system_ms == 3.5);
  CHECK(result.usage.peak_memory_bytes == 4096);
  REQUIRE(result.limits.size() == 1);
  CHECK(result.limits[0].name == "memory");
  CHECK(result.limits[0].requested == 512);
  CHECK(result.limits[0].enforced == 256);
  CHECK(result.limits[0].how == "cgroup");
  CHECK(result.limits[0].hit);
  CHECK(result.truncated.output == 11);
  CHECK(result.truncated.error == 22);
  REQUIRE(result.displays.size() == 1);
  CHECK(result.displays[0].data.at("text/plain") == "text");
  CHECK(result.displays[0].data.at("image/png") == std::string("\0P", 2));
  CHECK(result.displays[0].metadata == "{\"w\":1}");
  REQUIRE(result.artifacts.size() == 2);
  CHECK(result.artifacts[0].data == std::string("a\0b", 3));
  CHECK(result.artifacts[0].path.empty());
  CHECK(result.artifacts[1].name == "b.txt");
  CHECK(result.artifacts[1].mime == "text/plain");
  CHECK(result.artifacts[1].size == 9);
  CHECK(result.artifacts[1].data.empty());
  CHECK(result.artifacts[1].path == "out/b.txt");
  REQUIRE(result.notices.size() == 1);
  CHECK(result.notices[0].code == "staging.moved");
  CHECK(result.notices[0].text == "elsewhere");
  CHECK(result.cached);
  CHECK(result.executor == "py");
  CHECK(result.backend == "fake");
  CHECK(result.execution_id == "x1");
  CHECK(result.session == "s1");
  CHECK(result.state_lost);
  CHECK(result.json() == "{\"all\":1}");
}

TEST_CASE("an exit code is empty unless the program exited by itself") {
  const Clean clean;
  fake::script.result.exited = false;
  CHECK_FALSE(open_executor().execute_code({}).exit_code.has_value());
}

TEST_CASE("a result is whole after its executor, runtime and top-level result are gone") {
  const Clean clean;
  fake::script.result.blocks.resize(2);
  fake::script.result.blocks[1].output = "block";
  fake::script.result.blocks[1].status = EXECLET_FAILED;
  std::vector<execlet::Result> blocks;
  {
    const auto result = open_executor().execute_blocks({{"a", "python"}, {"b", "bash"}});
    CHECK(fake::record.blocks == std::vector<std::string>{"python:a", "bash:b"});
    CHECK(fake::record.request.count("code") == 0);
    blocks = result.blocks;
  }
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[1].status == Status::kFailed);
  CHECK(blocks[1].output == "block");
  CHECK(blocks[1].json() == "{\"block\":1}");
}

TEST_CASE("several threads may read the JSON of copies of one result") {
  const Clean clean;
  const auto result = open_executor().execute_code({});
  std::vector<std::thread> threads;
  std::vector<std::string> texts(4);
  for (auto &text : texts) {
    threads.emplace_back([copy = result, &text] { text = copy.json(); });
  }
  for (auto &thread : threads) {
    thread.join();
  }
  CHECK(texts == std::vector<std::string>(4, "{\"all\":1}"));
}

TEST_CASE("Markdown without a fenced block is an invalid request") {
  const Clean clean;
  const auto executor = open_executor();
  executor.execute_markdown("```python\n1\n```\n");
  CHECK(fake::record.request.at("markdown") == "```python\n1\n```\n");
  CHECK_THROWS_AS(executor.execute_markdown("words"), execlet::InvalidRequestError);
  CHECK_THROWS_AS(executor.submit_markdown("words"), execlet::InvalidRequestError);
}

TEST_CASE("an event shows what the library told, and can cancel") {
  const Clean clean;
  fake::script.events = {{EXECLET_EVENT_STARTED, "", ""},
                         {EXECLET_EVENT_STDOUT, std::string("a\0b", 3), ""},
                         {EXECLET_EVENT_NOTICE, "text", "code"}};
  std::vector<std::string> seen;
  execlet::Request request;
  request.on_event = [&seen](const execlet::Event &event) {
    seen.push_back(std::string(event.name) + "=" + std::string(event.data) + event.json());
    event.cancel();
  };
  open_executor().execute_code(request);
  CHECK(seen ==
        std::vector<std::string>{"={\"type\":1}", std::string("=a\0b", 4) + "{\"type\":2}", "code=text{\"type\":10}"});
  CHECK(fake::record.cancels == 3);
}

TEST_CASE("an exception in a callback cancels the run, stops further events and reaches the caller") {
  const Clean clean;
  fake::script.events = {{EXECLET_EVENT_STDOUT, "1", ""}, {EXECLET_EVENT_STDOUT, "2", ""}};
  int calls = 0;
  execlet::Request request;
  request.on_event = [&calls](const execlet::Event &) {
    ++calls;
    throw std::out_of_range("mine");
  };
  const auto executor = open_executor();
  SECTION("execute_code") {
    CHECK_THROWS_AS(executor.execute_code(request), std::out_of_range);
  }
  SECTION("execute_blocks") {
    CHECK_THROWS_AS(executor.execute_blocks({{"a", "b"}}, request), std::out_of_range);
  }
  SECTION("submit, each time the result is asked for") {
    const auto execution = executor.submit(request);
    CHECK_THROWS_AS(execution.result(), std::out_of_range);
    CHECK_THROWS_AS(execution.result(), std::out_of_range);
  }
  CHECK(calls == 1);
  CHECK(fake::record.events_delivered == 2);
  CHECK(fake::record.cancels == 1);
}

TEST_CASE("an execution waits, cancels, takes input and gives its result") {
  const Clean clean;
  fake::script.result.output = "done";
  auto execution = open_executor().submit({});
  CHECK(execution.id() == "x1");
  CHECK(execution.wait_for(250ms));
  CHECK(fake::record.request.at("wait") == "0.250000");
  // A negative time would wait for ever.
  CHECK(execution.wait_for(-1s));
  CHECK(fake::record.request.at("wait") == "0.000000");
  execution.wait();
  CHECK(fake::record.request.at("wait") == "-1.000000");
  CHECK(execution.write_stdin("ab"));
  CHECK(execution.close_stdin());
  CHECK(fake::record.input == "ab<end>");
  fake::script.open_status = EXECLET_CANCELLED;
  CHECK_FALSE(execution.write_stdin("more"));
  execution.cancel();
  CHECK(fake::record.cancels == 1);
  const auto moved = std::move(execution);
  CHECK(moved.result().output == "done");
}

TEST_CASE("what runs in a session says so, and only one without a name ends with its last handle") {
  const Clean clean;
  const auto executor = open_executor();
  {
    const auto named = executor.session("mine");
    const auto anonymous = executor.session();
    const auto copy = anonymous;  // NOLINT: a copy is what is tested
    CHECK(named.id() == "mine");
    CHECK(copy.id() == "@1");
    execlet::Request request;
    request.session = "another";
    named.execute_code(request);
    CHECK(fake::record.request.at("session") == "mine");
    anonymous.execute_blocks({{"python", "1"}});
    CHECK(fake::record.request.at("session") == "@1");
    named.submit(request).wait();
    CHECK(fake::record.request.at("session") == "mine");
  }
  CHECK(fake::record.sessions == std::vector<std::string>{"mine", "@1", "closed @1"});
  executor.session("mine").close();
  CHECK(fake::record.sessions.back() == "closed mine");
  fake::script.open_status = EXECLET_INVALID_REQUEST;
  CHECK_THROWS_AS(executor.session("mine"), execlet::InvalidRequestError);
  fake::script.open_status = EXECLET_OK;
}

TEST_CASE("options of a runtime and names reach the library") {
  const Clean clean;
  execlet::RuntimeOptions options;
  options.config_path = "/etc/x.json";
  options.plugin_dirs = {"/a", "/b"};
  std::string line;
  options.log = [&line](execlet::LogLevel level, std::string_view component, std::string_view message) {
    line = std::to_string(static_cast<int>(level)) + std::string(component) + std::string(message);
    throw std::runtime_error("a log must not end the program");
  };
  const auto runtime = execlet::Runtime::open(options);
  CHECK(fake::record.config_path == "/etc/x.json");
  CHECK(fake::record.config_json.empty());
  CHECK(fake::record.plugin_dirs == std::vector<std::string>{"/a", "/b"});
  fake::log(3, "core", "hello");
  CHECK(line == "3corehello");
  CHECK(runtime.executor().name() == "(default)");
  CHECK(runtime.executor("safe").name() == "safe");
  CHECK(runtime.executor_from_json("adhoc", "{\"backend\":\"x\"}").backend() == "fake");
  CHECK(fake::record.request.at("executor_json") == "{\"backend\":\"x\"}");
  CHECK(runtime.config_path() == "/etc/execlet.json");
  CHECK(runtime.config_json() == "{\"config\":1}");
  CHECK(runtime.sessions_json() == "{\"sessions\":[]}");
  CHECK(runtime.plugins_json() == "{\"plugins\":1}");
  CHECK(runtime.plugin_json("p") == "{\"plugin\":\"p\"}");
  CHECK(execlet::plugin_verify_json("/x.so") == "{\"verified\":\"/x.so\"}");
  CHECK(execlet::installation_json() == "{\"installation\":1}");
  CHECK(execlet::config_schema_json() == "{\"schema\":1}");
  CHECK(execlet::version() == "9.8.7");
}

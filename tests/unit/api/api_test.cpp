// SPDX-License-Identifier: Apache-2.0
//
// The C API of the shared library over a real plugin: from a configuration to results, and every handle's lifetime.
#include <execlet/execlet.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api_handles.h"
#include "catch.h"

using namespace execlet::test;

TEST_CASE("The library says its version and the names of statuses") {
  CHECK(std::string(execlet_version()) == "0.1.0");
  CHECK(std::string(execlet_status_name(EXECLET_RESOURCE_EXHAUSTED)) == "resource_exhausted");
  CHECK(std::string(execlet_status_name(99)) == "unknown");
  CHECK(std::string(execlet_status_name(-1)) == "unknown");
}

TEST_CASE("Every free accepts NULL") {
  execlet_runtime_close(nullptr);
  execlet_executor_free(nullptr);
  execlet_request_free(nullptr);
  execlet_execution_free(nullptr);
  execlet_result_free(nullptr);
  execlet_text_free(nullptr);
  execlet_error_free(nullptr);
}

TEST_CASE("A configured executor runs code, and the default is found") {
  const auto runtime =
      open_runtime(R"({"default": "e", "executors": {"e": {"backend": "echo", "options": {"prefix": "> "}},
                                                     "f": {"backend": "echo"}}})");
  execlet_executor *raw = nullptr;
  REQUIRE(execlet_runtime_executor(runtime.get(), nullptr, &raw, nullptr) == EXECLET_OK);
  const Owned<execlet_executor> executor(raw);
  CHECK(std::string(execlet_executor_name(raw)) == "e");
  CHECK(std::string(execlet_executor_backend(raw)) == "echo");
  const auto result = execute(raw, make_request("hello\n%err oops\n%exit 3").get());
  CHECK(execlet_result_status(result.get()) == EXECLET_FAILED);
  CHECK(output(result.get()) == "> hello\n");
  CHECK(std::string(execlet_result_error(result.get(), nullptr)) == "oops\n");
  int exit_code = -1;
  CHECK(execlet_result_exit_code(result.get(), &exit_code) == 1);
  CHECK(exit_code == 3);
  CHECK(execlet_result_cli_exit_code(result.get()) == 3);
  CHECK(std::string(execlet_result_failure_reason(result.get())).empty());
}

TEST_CASE("Names and configurations that are wrong are errors that help") {
  const auto runtime = open_runtime(R"({"executors": {"python": {"backend": "echo"}, "b": {"backend": "echoo"},
                                                      "c": {"backend": "echo", "options": {"levle": 1}}}})");
  const auto refusal = [&](const char *name) {
    execlet_executor *executor = nullptr;
    Wrong wrong([&](execlet_error **error) { return execlet_runtime_executor(runtime.get(), name, &executor, error); });
    CHECK(executor == nullptr);
    return wrong;
  };
  CHECK(refusal("pyhton").reason == "executor.unknown");
  CHECK(refusal("pyhton").message.find("did you mean \"python\"") != std::string::npos);
  CHECK(refusal(nullptr).reason == "executor.no-default");
  CHECK(refusal("b").message.find("echo") != std::string::npos);
  CHECK(refusal("c").status == EXECLET_INVALID_REQUEST);
  CHECK(refusal("c").message.find("level") != std::string::npos);
  CHECK(Wrong([&](execlet_error **error) { return execlet_runtime_check_config(runtime.get(), error); }).status !=
        EXECLET_OK);

  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  options.config_json = "{";
  execlet_runtime *none = nullptr;
  const Wrong wrong([&](execlet_error **error) { return execlet_runtime_open(&options, &none, error); });
  CHECK(wrong.status == EXECLET_INVALID_REQUEST);
  CHECK(none == nullptr);
}

TEST_CASE("Two lookups of one name are the same executor") {
  const auto runtime = open_runtime(R"({"executors": {"e": {"backend": "echo"}}})");
  for (int i = 1; i <= 2; ++i) {
    execlet_executor *raw = nullptr;
    REQUIRE(execlet_runtime_executor(runtime.get(), "e", &raw, nullptr) == EXECLET_OK);
    const Owned<execlet_executor> executor(raw);
    CHECK(execlet_result_status(execute(raw, make_request("x").get()).get()) == EXECLET_OK);
  }
}

TEST_CASE("Events, displays, artifacts and notices reach the caller and the result") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const auto request = make_request("a\n%display shown\n%artifact dir/file.txt content\n%notice careful\n%progress 5");
  struct Seen {
    std::vector<std::string> json;
    std::vector<std::thread::id> threads;
  } seen;
  const auto on_event = [](void *ctx, execlet_execution *execution, const execlet_event *event) {
    CHECK(std::strlen(execlet_execution_id(execution)) > 0);
    static_cast<Seen *>(ctx)->json.push_back(text_of(execlet_event_json(event)));
    static_cast<Seen *>(ctx)->threads.push_back(std::this_thread::get_id());
  };
  const Owned<execlet_result> result(execlet_executor_execute(executor.get(), request.get(), on_event, &seen));
  REQUIRE(execlet_result_status(result.get()) == EXECLET_OK);
  REQUIRE(seen.json.size() == 6);
  CHECK(seen.json[0] == R"({"event":"started","block":0})");
  CHECK(seen.json[1] == R"({"event":"stdout","block":0,"data":"a\n"})");
  CHECK(seen.json[3] == R"({"event":"artifact","block":0,"name":"dir/file.txt","mime":"text/plain","size":7})");
  for (const std::thread::id &id : seen.threads) CHECK(id == std::this_thread::get_id());

  REQUIRE(execlet_result_display_count(result.get()) == 1);
  CHECK(execlet_result_display_part_count(result.get(), 0) > 0);
  REQUIRE(execlet_result_artifact_count(result.get()) == 1);
  std::size_t size = 0;
  CHECK(std::string(execlet_result_artifact_name(result.get(), 0)) == "dir/file.txt");
  CHECK(std::string(execlet_result_artifact_data(result.get(), 0, &size)) == "content");
  CHECK(size == 7);
  CHECK(execlet_result_artifact_path(result.get(), 0) == nullptr);
  CHECK(execlet_result_artifact_data(result.get(), 1, &size) == nullptr);
  CHECK(execlet_result_notice_count(result.get()) == 1);
  CHECK(std::string(execlet_result_json(result.get())).find("\"dir/file.txt\"") != std::string::npos);
}

TEST_CASE("Blocks of a request and of a Markdown text are results of their own") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const Owned<execlet_request> request(execlet_request_new());
  const std::string markdown = "Text\n\n```text\none\n```\n\n~~~python\ntwo\n%exit 5\n~~~\n\n```text\nthree\n```\n";
  std::size_t count = 0;
  REQUIRE(execlet_request_add_markdown(request.get(), markdown.data(), markdown.size(), &count, nullptr) == EXECLET_OK);
  CHECK(count == 3);
  const auto result = execute(executor.get(), request.get());
  CHECK(execlet_result_status(result.get()) == EXECLET_FAILED);
  REQUIRE(execlet_result_block_count(result.get()) == 2);
  CHECK(output(execlet_result_block(result.get(), 0)) == "one\n");
  CHECK(execlet_result_status(execlet_result_block(result.get(), 1)) == EXECLET_FAILED);
  CHECK(execlet_result_block(result.get(), 2) == nullptr);
  CHECK(output(result.get()) == "one\ntwo\n");
}

TEST_CASE("A submitted execution can be waited for, cancelled and fed") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  SECTION("waited for in vain, then cancelled") {
    const Owned<execlet_execution> execution(
        execlet_executor_submit(executor.get(), make_request("%sleep 60000").get(), nullptr, nullptr));
    CHECK(execlet_execution_wait(execution.get(), 0.01) == 0);
    execlet_execution_cancel(execution.get());
    execlet_execution_cancel(execution.get());
    CHECK(execlet_execution_wait(execution.get(), -1) == 1);
    CHECK(execlet_result_status(execlet_execution_result(execution.get())) == EXECLET_CANCELLED);
  }
  SECTION("fed") {
    const auto request = make_request("%stdin");
    execlet_request_open_stdin(request.get());
    const Owned<execlet_execution> execution(execlet_executor_submit(executor.get(), request.get(), nullptr, nullptr));
    CHECK(execlet_execution_write_stdin(execution.get(), "one ", 4, 0) == EXECLET_OK);
    CHECK(execlet_execution_write_stdin(execution.get(), "two", 3, 1) == EXECLET_OK);
    CHECK(output(execlet_execution_result(execution.get())) == "one two");
    CHECK(execlet_execution_write_stdin(execution.get(), "x", 1, 0) == EXECLET_CANCELLED);
  }
  SECTION("freed while it runs") {
    execlet_execution_free(
        execlet_executor_submit(executor.get(), make_request("%sleep 60000").get(), nullptr, nullptr));
  }
  SECTION("the request is copied") {
    Owned<execlet_request> request = make_request("%sleep 20\nstill here");
    const Owned<execlet_execution> execution(execlet_executor_submit(executor.get(), request.get(), nullptr, nullptr));
    request.reset();
    CHECK(output(execlet_execution_result(execution.get())) == "still here");
  }
}

TEST_CASE("Handles outlive their runtime and answer unavailable") {
  auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const Owned<execlet_execution> running(
      execlet_executor_submit(executor.get(), make_request("%sleep 60000").get(), nullptr, nullptr));
  const Owned<execlet_result> before = execute(executor.get(), make_request("before").get());
  runtime.reset();
  CHECK(execlet_result_status(execlet_execution_result(running.get())) == EXECLET_CANCELLED);
  CHECK(output(before.get()) == "before");
  const auto after = execute(executor.get(), make_request("after").get());
  CHECK(execlet_result_status(after.get()) == EXECLET_UNAVAILABLE);
  CHECK(std::string(execlet_result_failure_reason(after.get())) == "runtime.closed");
  const Owned<execlet_execution> submitted(
      execlet_executor_submit(executor.get(), make_request("after").get(), nullptr, nullptr));
  CHECK(execlet_result_status(execlet_execution_result(submitted.get())) == EXECLET_UNAVAILABLE);
  CHECK(Wrong([&](execlet_error **error) { return execlet_executor_start(executor.get(), error); }).reason ==
        "runtime.closed");
  CHECK(Wrong([&](execlet_error **error) { return execlet_executor_stop(executor.get(), error); }).reason ==
        "runtime.closed");
  execlet_text *text = nullptr;
  const Wrong wrong(
      [&](execlet_error **error) { return execlet_executor_describe_json(executor.get(), &text, error); });
  CHECK(wrong.reason == "runtime.closed");
  CHECK(std::string(execlet_executor_name(executor.get())) == "test");
}

TEST_CASE("A closed runtime holds no descriptor and no thread, whatever handles are left") {
  const auto entries = [](const char *directory) {
    return std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator());
  };
  execute(make_executor(open_runtime().get()).get(), make_request("warm").get());
  const auto descriptors = entries("/proc/self/fd");
  const auto threads = entries("/proc/self/task");
  auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  std::vector<Owned<execlet_execution>> executions;
  for (int i = 0; i < 50; ++i)
    executions.emplace_back(execlet_executor_submit(executor.get(), make_request("%sleep 5").get(), nullptr, nullptr));
  for (const auto &execution : executions)
    CHECK(execlet_result_status(execlet_execution_result(execution.get())) == EXECLET_OK);
  executions.clear();
  runtime.reset();
  CHECK(entries("/proc/self/fd") == descriptors);
  // One that was joined is still listed for a moment.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (entries("/proc/self/task") != threads && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  CHECK(entries("/proc/self/task") == threads);
}

TEST_CASE("Runtimes do not disturb each other") {
  auto first = open_runtime();
  const auto second = open_runtime();
  const auto one = make_executor(first.get());
  const auto two = make_executor(second.get());
  CHECK(output(execute(one.get(), make_request("1").get()).get()) == "1");
  first.reset();
  CHECK(output(execute(two.get(), make_request("2").get()).get()) == "2");
}

TEST_CASE("Limits, usage and truncation come in structs of the caller's size") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get(), R"({"backend": "echo", "output_retention": "1k"})");
  const auto request = make_request("%flood 5000");
  execlet_request_set_limit(request.get(), "pids", "7");
  execlet_request_set_timeout(request.get(), 9.5);
  const auto result = execute(executor.get(), request.get());
  REQUIRE(execlet_result_status(result.get()) == EXECLET_OK);
  CHECK(output(result.get()).size() == 1024);
  CHECK(execlet_result_truncated_bytes(result.get(), 1) == 5000 - 1024);
  CHECK(execlet_result_truncated_bytes(result.get(), 2) == 0);
  REQUIRE(execlet_result_limit_count(result.get()) == 2);
  execlet_limit_report report = EXECLET_LIMIT_REPORT_INIT;
  REQUIRE(execlet_result_limit(result.get(), 0, &report) == 1);
  CHECK(std::string(report.name) == "wall_time");
  CHECK(report.requested == 9.5);
  REQUIRE(execlet_result_limit(result.get(), 1, &report) == 1);
  CHECK(std::string(report.name) == "pids");
  CHECK(report.enforced == 7);
  CHECK(std::string(report.how) == "pretended");
  CHECK(execlet_result_limit(result.get(), 2, &report) == 0);
  execlet_usage usage = EXECLET_USAGE_INIT;
  usage.struct_size = offsetof(execlet_usage, cpu_user_ms);
  usage.cpu_user_ms = -1;
  execlet_result_usage(result.get(), &usage);
  CHECK(usage.wall_ms > 0);
  CHECK(usage.cpu_user_ms == -1);
}

TEST_CASE("A request is built from JSON or not changed at all") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const auto request = make_request("old");
  const std::string bad = R"({"code": "new", "tiemout": 3})";
  const Wrong wrong(
      [&](execlet_error **error) { return execlet_request_from_json(request.get(), bad.data(), bad.size(), error); });
  CHECK(wrong.details.find("/tiemout") != std::string::npos);
  CHECK(output(execute(executor.get(), request.get()).get()) == "old");
  const std::string good = R"({"code": "%args", "language": "text", "args": ["a", "b"]})";
  REQUIRE(execlet_request_from_json(request.get(), good.data(), good.size(), nullptr) == EXECLET_OK);
  CHECK(output(execute(executor.get(), request.get()).get()) == "a\nb\n");
}

TEST_CASE("Plugins and configuration are told as JSON, without secrets") {
  const auto runtime =
      open_runtime(R"({"executors": {"e": {"backend": "echo", "options": {"token": "hunter2", "level": 4}}}})");
  const std::string plugins = text_of(execlet_runtime_plugins_json(runtime.get()));
  CHECK(plugins.find("\"state\":\"usable\"") != std::string::npos);
  CHECK(plugins.find(EXECLET_TEST_PLUGIN_DIR) != std::string::npos);
  execlet_text *text = nullptr;
  REQUIRE(execlet_runtime_plugin_json(runtime.get(), "echo", &text, nullptr) == EXECLET_OK);
  CHECK(text_of(text).find("\"options\"") != std::string::npos);
  const Wrong wrong(
      [&](execlet_error **error) { return execlet_runtime_plugin_json(runtime.get(), "ehco", &text, error); });
  CHECK(wrong.status != EXECLET_OK);
  const std::string config = text_of(execlet_runtime_config_json(runtime.get()));
  CHECK(config.find("hunter2") == std::string::npos);
  CHECK(config.find("\"level\"") != std::string::npos);
  CHECK(text_of(execlet_config_schema_json()).find("\"executors\"") != std::string::npos);
  CHECK(std::string(execlet_runtime_config_path(runtime.get())).empty());
}

TEST_CASE("Start, stop and restart, and a failing start says why") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  CHECK(execlet_executor_start(executor.get(), nullptr) == EXECLET_OK);
  CHECK(execlet_executor_restart(executor.get(), nullptr) == EXECLET_OK);
  CHECK(execlet_executor_stop(executor.get(), nullptr) == EXECLET_OK);
  CHECK(output(execute(executor.get(), make_request("again").get()).get()) == "again");
  const auto failing = make_executor(runtime.get(), R"({"backend": "echo", "options": {"open_status": 14}})");
  const Wrong wrong([&](execlet_error **error) { return execlet_executor_start(failing.get(), error); });
  CHECK(wrong.status == EXECLET_UNAVAILABLE);
  CHECK(wrong.reason == "echo.open");
}

TEST_CASE("An executor that cannot be made says why and leaves nothing") {
  const auto runtime = open_runtime();
  execlet_executor *executor = nullptr;
  const Wrong wrong([&](execlet_error **error) {
    return execlet_runtime_executor_from_json(
        runtime.get(), "x", R"({"backend": "echo", "options": {"create_status": 3}})", &executor, error);
  });
  CHECK(wrong.status == EXECLET_INVALID_REQUEST);
  CHECK(wrong.reason == "echo.create");
  CHECK(executor == nullptr);
}

// SPDX-License-Identifier: Apache-2.0
//
// The C API called as it must not be, and with far too much: an error that says so, never a crash.
#include <execlet/execlet.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "api_handles.h"

using namespace execlet::test;

namespace {

const char kNoText[] = "\xFF\xFE\x80 not UTF-8 \xC0\xAF";

void check_null(const Wrong &wrong) {
  CHECK(wrong.status == EXECLET_INVALID_REQUEST);
  CHECK(wrong.reason == "argument.null");
}

void check_refused(const execlet_result *result, const std::string &reason) {
  CAPTURE(execlet_result_failure_message(result));
  CHECK(execlet_result_status(result) == EXECLET_INVALID_REQUEST);
  CHECK(execlet_result_failure_reason(result) == reason);
  CHECK(std::strlen(execlet_result_failure_message(result)) < 1000);
  CHECK(execlet_result_failure_started(result) == 0);
}

}  // namespace

TEST_CASE("A runtime that is NULL, or has nowhere to put what it finds, is an argument's error") {
  const auto runtime = open_runtime();
  execlet_executor *executor = nullptr;
  execlet_text *text = nullptr;
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_open(nullptr, nullptr, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_executor(nullptr, "x", &executor, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_executor(runtime.get(), "x", nullptr, e); }));
  check_null(
      Wrong([&](execlet_error **e) { return execlet_runtime_executor_from_json(nullptr, "x", "{}", &executor, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_plugin_json(nullptr, "echo", &text, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_plugin_json(runtime.get(), "echo", nullptr, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_check_config(nullptr, e); }));
  CHECK(execlet_runtime_plugins_json(nullptr) == nullptr);
  CHECK(execlet_runtime_config_json(nullptr) == nullptr);
  CHECK(std::string(execlet_runtime_config_path(nullptr)).empty());
  execlet_runtime_rescan(nullptr);
  execlet_counters counters = EXECLET_COUNTERS_INIT;
  execlet_runtime_counters(nullptr, &counters);
  execlet_runtime_counters(runtime.get(), nullptr);
  CHECK(counters.begun == 0);
  // Names and texts that are NULL are empty ones.
  CHECK(Wrong([&](execlet_error **e) {
          return execlet_runtime_executor_from_json(runtime.get(), nullptr, nullptr, &executor, e);
        }).status == EXECLET_INVALID_REQUEST);
  CHECK(Wrong([&](execlet_error **e) {
          return execlet_runtime_plugin_json(runtime.get(), nullptr, &text, e);
        }).status != EXECLET_OK);
}

TEST_CASE("An executor that is NULL is an argument's error, also as a result and an execution") {
  execlet_text *text = nullptr;
  check_null(Wrong([&](execlet_error **e) { return execlet_executor_start(nullptr, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_executor_stop(nullptr, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_executor_restart(nullptr, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_executor_describe_json(nullptr, &text, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_executor_inspect_json(nullptr, &text, e); }));
  CHECK(std::string(execlet_executor_name(nullptr)).empty());
  CHECK(std::string(execlet_executor_backend(nullptr)).empty());

  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const auto request = make_request("hello");
  check_refused(execute(nullptr, request.get()).get(), "argument.null");
  check_refused(execute(executor.get(), nullptr).get(), "argument.null");
  for (const bool no_executor : {true, false}) {
    const Owned<execlet_execution> execution(execlet_executor_submit(
        no_executor ? nullptr : executor.get(), no_executor ? request.get() : nullptr, nullptr, nullptr));
    REQUIRE(execution);
    execlet_execution_cancel(execution.get());
    CHECK(execlet_execution_wait(execution.get(), -1) == 1);
    CHECK(std::string(execlet_execution_id(execution.get())).empty());
    CHECK(execlet_execution_write_stdin(execution.get(), "x", 1, 1) == EXECLET_CANCELLED);
    check_refused(execlet_execution_result(execution.get()), "argument.null");
  }
}

TEST_CASE("An execution, a result and an event that are NULL read as nothing") {
  CHECK(execlet_execution_wait(nullptr, -1) == 1);
  CHECK(std::string(execlet_execution_id(nullptr)).empty());
  execlet_execution_cancel(nullptr);
  CHECK(execlet_execution_write_stdin(nullptr, "x", 1, 0) == EXECLET_INVALID_REQUEST);
  check_refused(execlet_execution_result(nullptr), "argument.null");
  CHECK(execlet_event_json(nullptr) == nullptr);

  check_refused(nullptr, "argument.null");
  std::size_t size = 1;
  CHECK(std::string(execlet_result_output(nullptr, &size)).empty());
  CHECK(size == 0);
  CHECK(execlet_result_exit_code(nullptr, nullptr) == 0);
  CHECK(execlet_result_block_count(nullptr) + execlet_result_artifact_count(nullptr) == 0);
  CHECK(execlet_result_block(nullptr, 0) == nullptr);
  CHECK(execlet_result_artifact_name(nullptr, std::numeric_limits<std::size_t>::max()) == nullptr);
  CHECK(execlet_result_display_part_mime(nullptr, 0, 0) == nullptr);
  CHECK(execlet_result_limit(nullptr, 0, nullptr) == 0);
  execlet_result_usage(nullptr, nullptr);
  CHECK(std::string(execlet_result_json(nullptr)).find("argument.null") != std::string::npos);
  CHECK(std::string(execlet_error_reason(nullptr)).empty());
  CHECK(execlet_text_size(nullptr) == 0);
}

TEST_CASE("Setters of a request that is NULL do nothing, and NULL texts are empty") {
  execlet_request *none = nullptr;
  execlet_request_set_code(none, "x", 1);
  execlet_request_add_file(none, "a", "x", 1);
  execlet_request_open_stdin(none);
  execlet_request_set_timeout(none, 1);
  execlet_request_set_best_effort(none, 1);
  check_null(Wrong([&](execlet_error **e) { return execlet_request_from_json(none, "{}", 2, e); }));
  check_null(Wrong([&](execlet_error **e) { return execlet_request_add_markdown(none, "", 0, nullptr, e); }));

  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const auto request = make_request("hello");
  check_null(Wrong([&](execlet_error **e) { return execlet_request_from_json(request.get(), nullptr, 2, e); }));
  check_null(
      Wrong([&](execlet_error **e) { return execlet_request_add_markdown(request.get(), nullptr, 2, nullptr, e); }));
  execlet_request_set_network(request.get(), nullptr);
  execlet_request_set_session(request.get(), nullptr);
  execlet_request_set_artifacts_dir(request.get(), nullptr);
  execlet_request_set_metadata(request.get(), nullptr);
  execlet_request_set_entry_point(request.get(), nullptr);
  execlet_request_add_arg(request.get(), nullptr);
  execlet_request_set_stdin(request.get(), nullptr, 0);
  CHECK(execlet_result_status(execute(executor.get(), request.get()).get()) == EXECLET_OK);
  execlet_request_add_env(request.get(), nullptr, nullptr);
  check_refused(execute(executor.get(), request.get()).get(), "env.name");
}

TEST_CASE("Bytes that are not there, and more than there can be, make a request that does not run") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const auto absent = make_request("hello");
  execlet_request_set_stdin(absent.get(), nullptr, 7);
  const auto result = execute(executor.get(), absent.get());
  check_refused(result.get(), "argument.null");
  CHECK(std::string(execlet_result_failure_message(result.get())).find("its size is 7") != std::string::npos);

  const auto absurd = make_request("hello");
  execlet_request_set_code(absurd.get(), "x", std::numeric_limits<std::size_t>::max());
  const auto refused = execute(executor.get(), absurd.get());
  CHECK(execlet_result_status(refused.get()) == EXECLET_INTERNAL_ERROR);
  CHECK(std::string(execlet_result_failure_reason(refused.get())) == "memory.exhausted");
}

TEST_CASE("Options of a wrong size or shape are refused, longer ones are taken") {
  execlet_runtime *runtime = nullptr;
  for (const std::uint32_t size : {0u, 1u, 7u}) {
    execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
    options.struct_size = size;
    const Wrong wrong([&](execlet_error **e) { return execlet_runtime_open(&options, &runtime, e); });
    CHECK(wrong.status == EXECLET_INVALID_REQUEST);
    CHECK(wrong.reason == "argument.struct-size");
    CHECK(runtime == nullptr);
  }
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  options.config_json = "{}";
  options.plugin_dir_count = 3;
  check_null(Wrong([&](execlet_error **e) { return execlet_runtime_open(&options, &runtime, e); }));
  const char *dirs[] = {nullptr, "", kNoText};
  options.plugin_dirs = dirs;
  options.log_level = std::numeric_limits<std::uint32_t>::max();
  struct {
    execlet_runtime_options head;
    char of_a_later_version[64];
  } longer{options, {}};
  longer.head.struct_size = sizeof longer;
  REQUIRE(execlet_runtime_open(&longer.head, &runtime, nullptr) == EXECLET_OK);
  const Owned<execlet_runtime> owned(runtime);
  CHECK_FALSE(text_of(execlet_runtime_plugins_json(runtime)).empty());
}

TEST_CASE("Text that is not UTF-8 is an error or is replaced, wherever it comes in") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  execlet_executor *none = nullptr;
  execlet_text *text = nullptr;
  const auto refused = [](const Wrong &wrong) {
    CHECK(wrong.status != EXECLET_OK);
    CHECK(wrong.message.find('\xFF') == std::string::npos);
    CHECK(wrong.details.find('\xFF') == std::string::npos);
  };
  refused(Wrong([&](execlet_error **e) { return execlet_runtime_executor(runtime.get(), kNoText, &none, e); }));
  refused(Wrong([&](execlet_error **e) { return execlet_runtime_plugin_json(runtime.get(), kNoText, &text, e); }));
  refused(Wrong(
      [&](execlet_error **e) { return execlet_runtime_executor_from_json(runtime.get(), "x", kNoText, &none, e); }));
  using Set = void (*)(execlet_request *);
  const Set setters[] = {
      [](execlet_request *to) { execlet_request_set_language(to, kNoText); },
      [](execlet_request *to) { execlet_request_set_network(to, kNoText); },
      [](execlet_request *to) { execlet_request_set_session(to, kNoText); },
      [](execlet_request *to) { execlet_request_set_metadata(to, kNoText); },
      [](execlet_request *to) { execlet_request_set_limit(to, kNoText, kNoText); },
      [](execlet_request *to) { execlet_request_set_limit(to, "memory", kNoText); },
      [](execlet_request *to) { execlet_request_set_entry_point(to, kNoText); },
  };
  for (const Set set : setters) {
    const auto request = make_request("hello");
    set(request.get());
    const auto result = execute(executor.get(), request.get());
    CHECK(execlet_result_status(result.get()) >= EXECLET_LANGUAGE_NOT_SUPPORTED);
    CHECK(std::string(execlet_result_failure_message(result.get())).find('\xFF') == std::string::npos);
    CHECK(std::string(execlet_result_json(result.get())).find('\xFF') == std::string::npos);
  }
  // Bytes for the program are bytes.
  const auto request = make_request(kNoText);
  execlet_request_add_arg(request.get(), kNoText);
  execlet_request_add_env(request.get(), "NAME", kNoText);
  execlet_request_set_stdin(request.get(), kNoText, sizeof kNoText);
  const auto result = execute(executor.get(), request.get());
  CHECK(output(result.get()) == kNoText);
}

TEST_CASE("Paths that leave the working directory are refused wherever they come in") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  for (const char *path : {"/etc/passwd", "../x", "a/../../x", "a/..", "", ".", "a/", "a\n/../b"}) {
    CAPTURE(path);
    const auto with_file = make_request("hello");
    execlet_request_add_file(with_file.get(), path, "x", 1);
    CHECK(execlet_result_status(execute(executor.get(), with_file.get()).get()) == EXECLET_INVALID_REQUEST);
    const Owned<execlet_request> entry(execlet_request_new());
    execlet_request_set_language(entry.get(), "text");
    execlet_request_set_entry_point(entry.get(), path);
    CHECK(execlet_result_status(execute(executor.get(), entry.get()).get()) == EXECLET_INVALID_REQUEST);
    const auto named = make_request("# filename: " + std::string(path) + "\nhello");
    const auto result = execute(executor.get(), named.get());
    CHECK((execlet_result_status(result.get()) == EXECLET_INVALID_REQUEST ||
           output(result.get()).find("# filename") == 0));  // no name: it is code
  }
}

TEST_CASE("Code of 100 MB and ten thousand files go through") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  const std::string code(100u << 20, 'x');
  const auto large = execute(executor.get(), make_request(code).get());
  CHECK(execlet_result_status(large.get()) == EXECLET_OK);
  CHECK(output(large.get()).size() + execlet_result_truncated_bytes(large.get(), 1) == code.size());

  const auto many = make_request("%files");
  for (int i = 0; i < 10000; ++i)
    execlet_request_add_file(many.get(), ("d" + std::to_string(i % 100) + "/f" + std::to_string(i)).c_str(), "x", 1);
  const auto result = execute(executor.get(), many.get());
  CHECK(execlet_result_status(result.get()) == EXECLET_OK);
  CHECK(output(result.get()).find("d99/f9999") != std::string::npos);
  execlet_request_add_file(many.get(), "./d1/f1", "x", 1);
  check_refused(execute(executor.get(), many.get()).get(), "files.duplicate");
}

TEST_CASE("Counters say what was begun, how it ended and what is open") {
  const auto runtime = open_runtime();
  const auto executor = make_executor(runtime.get());
  for (const char *code : {"hello", "%exit 3", "%exit 3"}) execute(executor.get(), make_request(code).get());
  const auto refused = make_request("hello");
  execlet_request_set_timeout(refused.get(), -1);
  execute(executor.get(), refused.get());
  execlet_counters counters = EXECLET_COUNTERS_INIT;
  execlet_runtime_counters(runtime.get(), &counters);
  CHECK(counters.begun == 4);
  CHECK(counters.ended[EXECLET_OK] == 1);
  CHECK(counters.ended[EXECLET_FAILED] == 2);
  CHECK(counters.ended[EXECLET_INVALID_REQUEST] == 1);
  CHECK(counters.instances_opened >= 1);
  CHECK(counters.instances_open <= counters.instances_opened);
  CHECK(counters.output_bytes == 5);
  CHECK(counters.events_dropped == 0);
  // A caller of an older version has a shorter struct: what lies behind it is his.
  counters = EXECLET_COUNTERS_INIT;
  counters.struct_size = offsetof(execlet_counters, ended);
  execlet_runtime_counters(runtime.get(), &counters);
  CHECK(counters.begun == 4);
  CHECK(counters.ended[EXECLET_OK] == 0);
}

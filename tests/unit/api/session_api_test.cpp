// SPDX-License-Identifier: Apache-2.0
//
// Sessions as a host of the C API has them.
#include <execlet/execlet.h>

#include <string>

#include "api_handles.h"
#include "catch.h"

using namespace execlet::test;

namespace {

constexpr const char *kConfig = R"({"executors": {
  "a": {"backend": "echo", "session": {"max": 2}}, "b": {"backend": "echo"}}})";

Owned<execlet_executor> executor_called(execlet_runtime *runtime, const char *name) {
  execlet_executor *executor = nullptr;
  REQUIRE(execlet_runtime_executor(runtime, name, &executor, nullptr) == EXECLET_OK);
  return Owned<execlet_executor>(executor);
}

std::string open_session(execlet_executor *executor, const char *name) {
  execlet_text *id = nullptr;
  const Wrong wrong([&](execlet_error **error) { return execlet_executor_open_session(executor, name, &id, error); });
  CHECK((id != nullptr) == (wrong.status == EXECLET_OK));
  return id ? text_of(id) : wrong.reason;
}

std::string close_session(execlet_executor *executor, const std::string &id) {
  return Wrong([&](execlet_error **error) { return execlet_executor_close_session(executor, id.c_str(), error); })
      .reason;
}

Owned<execlet_result> run_in(execlet_executor *executor, const std::string &session) {
  const auto request = make_request("hello");
  execlet_request_set_session(request.get(), session.c_str());
  return execute(executor, request.get());
}

std::string sessions(execlet_runtime *runtime) {
  return text_of(execlet_runtime_sessions_json(runtime));
}

}  // namespace

TEST_CASE("A session is opened, used, listed and closed, by its name or without one") {
  const auto runtime = open_runtime(kConfig);
  const auto executor = executor_called(runtime.get(), "a");
  CHECK(sessions(runtime.get()) == R"({"sessions":[]})");
  CHECK(open_session(executor.get(), "mine") == "mine");
  const std::string id = open_session(executor.get(), nullptr);
  CHECK(id.substr(0, 1) == "@");
  for (const std::string &session : {std::string("mine"), id}) {
    const auto result = run_in(executor.get(), session);
    CHECK(output(result.get()) == "hello");
    CHECK(execlet_result_session(result.get()) == session);
    CHECK(execlet_result_state_lost(result.get()) == 0);
    CHECK(std::string(execlet_result_json(result.get()))
              .find(R"("session":{"id":")" + session + R"(","state_lost":false})") != std::string::npos);
  }
  const std::string listed = sessions(runtime.get());
  CHECK(listed.find(R"({"id":"mine","executor":"a","backend":"echo","state":"idle","waiting":0,"age":)") !=
        std::string::npos);
  CHECK(listed.find(R"("id":")" + id) != std::string::npos);
  CHECK(open_session(executor.get(), "third") == "session.busy");
  CHECK(close_session(executor.get(), id).empty());
  CHECK(close_session(executor.get(), "mine").empty());
  CHECK(close_session(executor.get(), "mine") == "session.unknown");
  CHECK(sessions(runtime.get()) == R"({"sessions":[]})");
  const auto plain = execute(executor.get(), make_request("hello").get());
  CHECK(std::string(execlet_result_session(plain.get())).empty());
}

TEST_CASE("A session is one executor's, and lost with its stop") {
  const auto runtime = open_runtime(kConfig);
  const auto a = executor_called(runtime.get(), "a");
  const auto b = executor_called(runtime.get(), "b");
  run_in(a.get(), "mine");
  CHECK(std::string(execlet_result_failure_reason(run_in(b.get(), "mine").get())) == "session.foreign");
  CHECK(open_session(b.get(), "mine") == "session.foreign");
  CHECK(execlet_executor_stop(a.get(), nullptr) == EXECLET_OK);
  const auto next = run_in(a.get(), "mine");
  CHECK(execlet_result_status(next.get()) == EXECLET_OK);
  CHECK(execlet_result_state_lost(next.get()) == 1);
}

TEST_CASE("Sessions end with their runtime, and arguments of theirs that are NULL are errors") {
  auto runtime = open_runtime(kConfig);
  const auto executor = executor_called(runtime.get(), "a");
  run_in(executor.get(), "mine");
  execlet_text *id = nullptr;
  CHECK(execlet_executor_open_session(nullptr, "x", &id, nullptr) == EXECLET_INVALID_REQUEST);
  CHECK(execlet_executor_open_session(executor.get(), "x", nullptr, nullptr) == EXECLET_INVALID_REQUEST);
  CHECK(execlet_executor_close_session(nullptr, "x", nullptr) == EXECLET_INVALID_REQUEST);
  CHECK(execlet_executor_close_session(executor.get(), nullptr, nullptr) == EXECLET_INVALID_REQUEST);
  CHECK(execlet_runtime_sessions_json(nullptr) == nullptr);
  CHECK(std::string(execlet_result_session(nullptr)).empty());
  CHECK(execlet_result_state_lost(nullptr) == 0);
  runtime.reset();
  CHECK(open_session(executor.get(), "mine") == "runtime.closed");
  CHECK(open_session(executor.get(), nullptr) == "runtime.closed");
  CHECK(close_session(executor.get(), "mine") == "runtime.closed");
  CHECK(std::string(execlet_result_failure_reason(run_in(executor.get(), "mine").get())) == "runtime.closed");
}

// SPDX-License-Identifier: Apache-2.0
//
// Handles of the C API that free themselves, and the plugin `echo` behind them.
#pragma once

#include <execlet/execlet.h>

#include <cstddef>
#include <memory>
#include <string>

#include "catch.h"

namespace execlet::test {

struct Free {
  void operator()(execlet_runtime *handle) const { execlet_runtime_close(handle); }
  void operator()(execlet_executor *handle) const { execlet_executor_free(handle); }
  void operator()(execlet_request *handle) const { execlet_request_free(handle); }
  void operator()(execlet_execution *handle) const { execlet_execution_free(handle); }
  void operator()(execlet_result *handle) const { execlet_result_free(handle); }
  void operator()(execlet_text *handle) const { execlet_text_free(handle); }
  void operator()(execlet_error *handle) const { execlet_error_free(handle); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Free>;

struct Wrong {
  execlet_status status = EXECLET_OK;
  std::string reason;
  std::string message;
  std::string details;

  // `call` gets the place for the error.
  template <class Call>
  explicit Wrong(Call call) {
    execlet_error *error = nullptr;
    status = call(&error);
    const Owned<execlet_error> owned(error);
    CHECK((error != nullptr) == (status != EXECLET_OK));
    if (!error) return;
    CHECK(execlet_error_status(error) == status);
    reason = execlet_error_reason(error);
    message = execlet_error_message(error);
    details = execlet_error_details(error);
  }
};

inline std::string text_of(execlet_text *text) {
  const Owned<execlet_text> owned(text);
  return {execlet_text_data(text), execlet_text_size(text)};
}

inline Owned<execlet_runtime> open_runtime(const char *config = "{}") {
  const char *dirs[] = {EXECLET_TEST_PLUGIN_DIR};
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  options.config_json = config;
  options.plugin_dirs = dirs;
  options.plugin_dir_count = 1;
  execlet_runtime *runtime = nullptr;
  const Wrong wrong([&](execlet_error **error) { return execlet_runtime_open(&options, &runtime, error); });
  INFO(wrong.message);
  REQUIRE(wrong.status == EXECLET_OK);
  return Owned<execlet_runtime>(runtime);
}

inline Owned<execlet_executor> make_executor(execlet_runtime *runtime, const char *json = R"({"backend": "echo"})") {
  execlet_executor *executor = nullptr;
  const Wrong wrong([&](execlet_error **error) {
    return execlet_runtime_executor_from_json(runtime, "test", json, &executor, error);
  });
  INFO(wrong.message);
  REQUIRE(wrong.status == EXECLET_OK);
  return Owned<execlet_executor>(executor);
}

inline Owned<execlet_request> make_request(const std::string &code) {
  Owned<execlet_request> request(execlet_request_new());
  execlet_request_set_code(request.get(), code.data(), code.size());
  execlet_request_set_language(request.get(), "text");
  return request;
}

inline Owned<execlet_result> execute(execlet_executor *executor, const execlet_request *request) {
  return Owned<execlet_result>(execlet_executor_execute(executor, request, nullptr, nullptr));
}

inline std::string output(const execlet_result *result) {
  std::size_t size = 0;
  const char *text = execlet_result_output(result, &size);
  return {text, size};
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// The same plugins as a user of the library meets them: by name in a configuration, through the C API.
#include <execlet/execlet.h>

#include <string>
#include <vector>

#include "catch.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace {

// A runtime that finds the good fixtures and the bad ones.
class Host {
 public:
  explicit Host(const std::string &config) {
    const char *const directories[] = {EXECLET_TEST_PLUGIN_DIR, EXECLET_TEST_ZOO_DIR};
    execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
    options.config_json = config.c_str();
    options.plugin_dirs = directories;
    options.plugin_dir_count = 2;
    execlet_error *error = nullptr;
    const execlet_status status = execlet_runtime_open(&options, &runtime_, &error);
    INFO((error == nullptr ? "" : execlet_error_message(error)));
    REQUIRE(status == EXECLET_OK);
  }
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;
  ~Host() { execlet_runtime_close(runtime_); }

  struct Answer {
    execlet_status status = EXECLET_INTERNAL_ERROR;
    std::string output;
    std::string reason;
  };

  // Opening the executor may fail already; then the status and reason are those of that.
  Answer run(const std::string &executor_name, const std::string &code) {
    execlet_executor *executor = nullptr;
    execlet_error *error = nullptr;
    Answer answer;
    answer.status = execlet_runtime_executor(runtime_, executor_name.c_str(), &executor, &error);
    if (answer.status != EXECLET_OK) {
      answer.reason = execlet_error_reason(error);
      execlet_error_free(error);
      return answer;
    }
    execlet_request *request = execlet_request_new();
    execlet_request_set_code(request, code.data(), code.size());
    execlet_request_set_language(request, "text");
    execlet_result *result = execlet_executor_execute(executor, request, nullptr, nullptr);
    std::size_t size = 0;
    const char *output = execlet_result_output(result, &size);
    answer = {execlet_result_status(result), std::string(output, size), execlet_result_failure_reason(result)};
    execlet_result_free(result);
    execlet_request_free(request);
    execlet_executor_free(executor);
    return answer;
  }

 private:
  execlet_runtime *runtime_ = nullptr;
  const execlet::test::TempDir cache_dir_;
  const execlet::test::ScopedEnv cache_{"XDG_CACHE_HOME", cache_dir_.path().c_str()};
};

const std::string kConfig = R"({"executors": {
  "c": {"backend": "echo"}, "gcc": {"backend": "upper"}, "clang": {"backend": "upper-clang"},
  "template-c": {"backend": "my-c-backend", "options": {"delay_ms": 1}},
  "template-cpp": {"backend": "my-cpp-backend", "options": {"delay_ms": 1}},
  "template-rust": {"backend": "my-rust-backend", "options": {"delay_ms": 1}},
  "crash": {"backend": "zoo-crash-on-load"}, "print": {"backend": "zoo-print-on-load"},
  "null": {"backend": "zoo-null-table"}, "init": {"backend": "zoo-fail-in-init"},
  "dependency": {"backend": "zoo-missing-dependency"}, "none": {"backend": "uper"}
}})";

}  // namespace

TEST_CASE("plugins of every language and compiler run by name in one runtime") {
  Host host(kConfig);
  for (const char *name : {"c", "template-c", "template-cpp", "template-rust"}) {
    INFO(name);
    const Host::Answer answer = host.run(name, "first\nsecond");
    CHECK(answer.status == EXECLET_OK);
    CHECK(answer.output == "first\nsecond");
  }
  CHECK(host.run("gcc", "text").output == "TEXT");
  CHECK(host.run("clang", "text").output == "TEXT");
  CHECK(host.run("clang", "throw").reason == "plugin.exception");
  CHECK(host.run("clang", "text").output == "TEXT");
}

TEST_CASE("a bad plugin is unavailable with its reason and harms no other") {
  Host host(kConfig);
  const std::vector<std::pair<const char *, const char *>> bad = {{"crash", "probe.crash"},
                                                                  {"print", "probe.output"},
                                                                  {"null", "table.missing"},
                                                                  {"init", "zoo.no-licence"},
                                                                  {"dependency", "load.dependency"}};
  for (const auto &[name, reason] : bad) {
    INFO(name);
    const Host::Answer answer = host.run(name, "text");
    CHECK(answer.status == EXECLET_UNAVAILABLE);
    CHECK(answer.reason == reason);
    CHECK(host.run("c", "still here").output == "still here");
  }
  CHECK(host.run("none", "text").status == EXECLET_INVALID_REQUEST);
  CHECK(host.run("none", "text").reason == "registry.unknown");
}

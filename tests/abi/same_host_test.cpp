// SPDX-License-Identifier: Apache-2.0
//
// Plugins of every language and compiler that we promise, loaded into one process and run side by side.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "host_stub.h"
#include "registry/registry.h"
#include "scoped_env.h"
#include "temp_dir.h"

using namespace execlet::core;
using execlet::test::abi_text;
using execlet::test::CallStub;
using execlet::test::RecordedError;

namespace {

const std::vector<std::string> kPlugins = {"echo",         "upper",          "upper-clang",
                                           "my-c-backend", "my-cpp-backend", "my-rust-backend"};

struct Answer {
  execlet_abi_status status = EXECLET_ABI_OK;
  execlet_abi_result result = {};
  RecordedError error;
};

// One executor with one instance of a plugin, torn down in order.
class Backend {
 public:
  explicit Backend(const execlet_abi_plugin &table, const std::string &options = "{}") : table_(table) {
    execlet_abi_executor_config config = {};
    config.struct_size = sizeof config;
    config.name = abi_text("test");
    config.options_json = abi_text(options);
    config.base_dir = abi_text("/");
    REQUIRE(table_.executor_create(execlet::test::host_stub(), &config, &executor_, error_.abi()) == EXECLET_ABI_OK);
    execlet_abi_instance_options instance_options = {};
    instance_options.struct_size = sizeof instance_options;
    REQUIRE(table_.instance_open(executor_, call_.abi(), &instance_options, &instance_, error_.abi()) ==
            EXECLET_ABI_OK);
  }
  Backend(const Backend &) = delete;
  Backend &operator=(const Backend &) = delete;
  ~Backend() {
    table_.instance_close(instance_, call_.abi(), error_.abi());
    table_.executor_destroy(executor_);
  }

  Answer run(const CallStub &call, std::string_view code) {
    execlet_abi_request request = {};
    request.struct_size = sizeof request;
    request.language = abi_text("text");
    request.code = abi_text(code);
    request.timeout_ns = 60'000'000'000u;
    Answer answer;
    answer.result.struct_size = sizeof answer.result;
    answer.status = table_.instance_run(instance_, call.abi(), &request, &answer.result, answer.error.abi());
    return answer;
  }

  std::string output_of(std::string_view code) {
    const CallStub call;
    const Answer answer = run(call, code);
    CHECK(answer.status == EXECLET_ABI_OK);
    CHECK(answer.result.outcome == EXECLET_ABI_OUTCOME_EXITED);
    CHECK(call.count(EXECLET_ABI_EVENT_STARTED) == 1);
    CHECK(call.events().front() == EXECLET_ABI_EVENT_STARTED);
    return call.output();
  }

 private:
  const execlet_abi_plugin &table_;
  CallStub call_;
  RecordedError error_;
  execlet_abi_executor *executor_ = nullptr;
  execlet_abi_instance *instance_ = nullptr;
};

const execlet_abi_plugin &plugin(const std::string &name) {
  static const execlet::test::TempDir cache_dir;
  static auto *const registry = new Registry(std::vector<SearchDirectory>{{EXECLET_TEST_PLUGIN_DIR, "test"}});
  const execlet::test::ScopedEnv cache("XDG_CACHE_HOME", cache_dir.path().c_str());
  Result<const PluginLibrary *> library = registry->load(name);
  INFO(name);
  REQUIRE(library);
  return (*library)->table();
}

std::string expected_output(const std::string &name) {
  return name.rfind("upper", 0) == 0 ? "FIRST\nSECOND" : "first\nsecond";
}

}  // namespace

TEST_CASE("plugins in C, C++ and Rust, by gcc, clang with libc++ and rustc, run in one host at once") {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.reserve(kPlugins.size());
  for (const std::string &name : kPlugins) backends.push_back(std::make_unique<Backend>(plugin(name)));
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < backends.size(); ++i) {
      INFO(kPlugins[i]);
      CHECK(backends[i]->output_of("first\nsecond") == expected_output(kPlugins[i]));
    }
}

TEST_CASE("they run on many threads at once") {
  for (const std::string &name : kPlugins) plugin(name);
  std::vector<std::string> outputs(kPlugins.size() * 4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    threads.emplace_back([&outputs, i] {
      Backend backend(plugin(kPlugins[i % kPlugins.size()]));
      for (int round = 0; round < 20; ++round) {
        const CallStub call;
        backend.run(call, "first\nsecond");
        outputs[i] = call.output();
      }
    });
  for (std::thread &thread : threads) thread.join();
  for (std::size_t i = 0; i < outputs.size(); ++i) CHECK(outputs[i] == expected_output(kPlugins[i % kPlugins.size()]));
}

TEST_CASE("the two builds of one source are of different compilers and standard libraries") {
  const std::string gcc = Backend(plugin("upper")).output_of("compiler");
  const std::string clang = Backend(plugin("upper-clang")).output_of("compiler");
  CHECK_THAT(gcc, Catch::Contains("gcc") && Catch::Contains("libstdc++"));
  CHECK_THAT(clang, Catch::Contains("clang") && Catch::Contains("libc++"));
}

TEST_CASE("an exception that a plugin throws becomes an error of the call, whatever built it") {
  for (const char *name : {"upper", "upper-clang"}) {
    const CallStub call;
    const Answer answer = Backend(plugin(name)).run(call, "throw");
    CHECK(answer.status == EXECLET_ABI_INTERNAL);
    CHECK(answer.error.reason == "plugin.exception");
    CHECK(answer.error.message == "thrown on request");
  }
}

TEST_CASE("init has run once before a plugin is used") {
  CHECK(Backend(plugin("upper")).output_of("set up") == "1");
  CHECK(Backend(plugin("upper")).output_of("set up") == "1");
}

TEST_CASE("a cancel ends the wait of every plugin at once, from another thread and from before") {
  for (const char *name : {"my-c-backend", "my-cpp-backend", "my-rust-backend"}) {
    INFO(name);
    Backend backend(plugin(name), R"({"delay_ms":60000})");
    CallStub call;
    const auto begin = std::chrono::steady_clock::now();
    std::thread canceller([&call] { call.cancel(EXECLET_ABI_CANCEL_TERMINATE); });
    const Answer answer = backend.run(call, "first\nsecond");
    canceller.join();
    CHECK(answer.status == EXECLET_ABI_OK);
    CHECK(answer.result.outcome == EXECLET_ABI_OUTCOME_CANCELLED);
    CHECK(call.output().empty());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  }
}

TEST_CASE("a plugin stops when its events are no longer wanted") {
  for (const std::string &name : kPlugins) {
    INFO(name);
    CallStub call;
    call.refuse_events_from(1);
    const Answer answer = Backend(plugin(name)).run(call, "first\nsecond");
    CHECK(answer.status == EXECLET_ABI_OK);
    CHECK(answer.result.outcome == EXECLET_ABI_OUTCOME_CANCELLED);
  }
}

TEST_CASE("a refusal carries its reason and what to do, from every language") {
  for (const char *name : {"my-c-backend", "my-cpp-backend", "my-rust-backend"}) {
    const CallStub call;
    const Answer answer = Backend(plugin(name)).run(call, "");
    CHECK(answer.status == EXECLET_ABI_INVALID_ARGUMENT);
    CHECK(answer.error.reason == std::string(name) + ".no-code");
    CHECK_THAT(answer.error.message, Catch::Contains("pass the text itself"));
    CHECK(call.events().empty());
  }
}

TEST_CASE("options reach a plugin in every language") {
  for (const char *name : {"my-c-backend", "my-cpp-backend", "my-rust-backend"}) {
    INFO(name);
    Backend backend(plugin(name), R"({"delay_ms":30})");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(backend.output_of("a\nb") == "a\nb");
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(60));
  }
}

TEST_CASE("standard input passes through the C plugin") {
  Backend backend(plugin("echo"));
  CallStub call;
  call.set_input("line one\nline two\n");
  CHECK(backend.run(call, "%stdin").status == EXECLET_ABI_OK);
  CHECK(call.output() == "line one\nline two\n");
}

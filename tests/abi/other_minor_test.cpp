// SPDX-License-Identifier: Apache-2.0
//
// Plugins under hosts of other minor versions: an older one, whose structs end where 1.0 ended and whose next byte
// kills whoever reads it, and a later one, whose structs go on with bytes that nobody here knows. And a table from a
// plugin of a later minor version in the host of today.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.h"
#include "host_stub.h"
#include "loader/handshake.h"
#include "registry/registry.h"
#include "scoped_env.h"
#include "temp_dir.h"

using namespace execlet::core;
using execlet::test::abi_text;
using execlet::test::CallStub;
using execlet::test::RecordedError;

namespace {

const std::vector<std::string> kPlugins = {"echo",           "upper",           "upper-clang", "my-c-backend",
                                           "my-cpp-backend", "my-rust-backend", "frozen-1-0"};

// A struct that ends with its page; behind it is nothing.
template <class T>
class AtTheEdge {
 public:
  explicit AtTheEdge(const T &value) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    memory_ = mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory_ != MAP_FAILED);
    REQUIRE(mprotect(static_cast<char *>(memory_) + page_, page_, PROT_NONE) == 0);
    object_ = new (static_cast<char *>(memory_) + page_ - sizeof(T)) T(value);
    object_->struct_size = sizeof(T);
  }
  AtTheEdge(const AtTheEdge &) = delete;
  AtTheEdge &operator=(const AtTheEdge &) = delete;
  ~AtTheEdge() { munmap(memory_, 2 * page_); }
  T *get() { return object_; }

 private:
  std::size_t page_;
  void *memory_;
  T *object_;
};

// A struct with members of a later version behind it, which must neither be understood nor changed.
template <class T>
class Longer {
 public:
  explicit Longer(const T &value) {
    std::memset(bytes_, kUnknown, sizeof bytes_);
    object_ = new (bytes_) T(value);
    object_->struct_size = sizeof bytes_;
  }
  Longer(const Longer &) = delete;
  Longer &operator=(const Longer &) = delete;
  ~Longer() {
    for (std::size_t i = sizeof(T); i < sizeof bytes_; ++i) CHECK(bytes_[i] == kUnknown);
  }
  T *get() { return object_; }

 private:
  static constexpr unsigned char kUnknown = 0xA5;
  alignas(T) unsigned char bytes_[sizeof(T) + 256];
  T *object_;
};

const execlet_abi_plugin &plugin(const std::string &name) {
  static auto *const cache_dir = new execlet::test::TempDir;
  static auto *const registry = new Registry(std::vector<SearchDirectory>{{EXECLET_TEST_PLUGIN_DIR, "test"}});
  const execlet::test::ScopedEnv cache("XDG_CACHE_HOME", cache_dir->path().c_str());
  Result<const PluginLibrary *> library = registry->load(name);
  INFO(name);
  REQUIRE(library);
  return (*library)->table();
}

// The whole life of an executor and an instance, all structs in `Frame`s. Returns what a run printed.
template <template <class> class Frame>
std::string live(const execlet_abi_plugin &table, std::uint32_t host_minor) {
  CallStub stub;
  RecordedError error;
  execlet_abi_host host_value = *execlet::test::host_stub();
  host_value.abi_minor = host_minor;
  Frame<execlet_abi_host> host(host_value);
  Frame<execlet_abi_call> call(*stub.abi());
  execlet_abi_executor_config config_value = {};
  config_value.name = abi_text("test");
  config_value.options_json = abi_text("{}");
  config_value.base_dir = abi_text("/");
  Frame<execlet_abi_executor_config> config(config_value);
  execlet_abi_executor *executor = nullptr;
  REQUIRE(table.executor_create(host.get(), config.get(), &executor, error.abi()) == EXECLET_ABI_OK);

  std::string described;
  const auto take = [](void *ctx, execlet_abi_str text) {
    *static_cast<std::string *>(ctx) = execlet::test::copied(text);
  };
  if (table.executor_describe != nullptr)
    CHECK(table.executor_describe(executor, call.get(), take, &described, error.abi()) == EXECLET_ABI_OK);
  if (table.executor_health != nullptr)
    CHECK(table.executor_health(executor, call.get(), error.abi()) == EXECLET_ABI_OK);

  Frame<execlet_abi_limits> limits(execlet_abi_limits{});
  execlet_abi_instance_options options_value = {};
  options_value.limits = limits.get();
  Frame<execlet_abi_instance_options> options(options_value);
  execlet_abi_instance *instance = nullptr;
  REQUIRE(table.instance_open(executor, call.get(), options.get(), &instance, error.abi()) == EXECLET_ABI_OK);

  execlet_abi_request request_value = {};
  request_value.language = abi_text("text");
  request_value.code = abi_text("first\nsecond");
  request_value.limits = limits.get();
  request_value.timeout_ns = 60'000'000'000u;
  Frame<execlet_abi_request> request(request_value);
  Frame<execlet_abi_result> result(execlet_abi_result{});
  CHECK(table.instance_run(instance, call.get(), request.get(), result.get(), error.abi()) == EXECLET_ABI_OK);
  CHECK(result.get()->outcome == EXECLET_ABI_OUTCOME_EXITED);
  if (table.instance_reset != nullptr) {
    const execlet_abi_status reset = table.instance_reset(instance, call.get(), error.abi());
    CHECK((reset == EXECLET_ABI_OK || reset == EXECLET_ABI_UNSUPPORTED));
  }
  CHECK(table.instance_close(instance, call.get(), error.abi()) == EXECLET_ABI_OK);
  table.executor_destroy(executor);
  return stub.output();
}

std::string expected_output(const std::string &name) {
  if (name == "frozen-1-0") return "";
  return name.rfind("upper", 0) == 0 ? "FIRST\nSECOND" : "first\nsecond";
}

const execlet_abi_plugin *given_table = nullptr;

execlet_abi_status give_table(std::uint32_t, const execlet_abi_plugin **out) {
  *out = given_table;
  return EXECLET_ABI_OK;
}

TableExpectation expectation_of(const execlet_abi_plugin &table) {
  TableExpectation expected;
  expected.file = "x.so";
  expected.manifest_text = table.manifest_json;
  expected.name = table.name;
  return expected;
}

}  // namespace

TEST_CASE("No plugin reads beyond the structs of the oldest host") {
  for (const std::string &name : kPlugins) {
    INFO(name);
    CHECK(live<AtTheEdge>(plugin(name), 0) == expected_output(name));
  }
}

TEST_CASE("Every plugin runs under a later host and leaves alone what it does not know") {
  for (const std::string &name : kPlugins) {
    INFO(name);
    CHECK(live<Longer>(plugin(name), 99) == expected_output(name));
  }
}

TEST_CASE("The host reads no table beyond the end of 1.0, and a longer one is taken") {
  execlet_abi_plugin value = plugin("echo");
  AtTheEdge<execlet_abi_plugin> oldest(value);
  given_table = oldest.get();
  CHECK(request_table(&give_table, expectation_of(value)));

  value.abi_minor = 99;
  Longer<execlet_abi_plugin> later(value);
  given_table = later.get();
  CHECK(request_table(&give_table, expectation_of(value)));
}

TEST_CASE("A table shorter than that of 1.0, or of no sensible size, is refused") {
  static execlet_abi_plugin value = plugin("echo");
  given_table = &value;
  for (const std::uint32_t size : {0u, 4u, static_cast<std::uint32_t>(sizeof value - 1), 1u << 20, 0xFFFFFFFFu}) {
    INFO(size);
    value.struct_size = size;
    Result<const execlet_abi_plugin *> table = request_table(&give_table, expectation_of(value));
    REQUIRE_FALSE(table);
    CHECK(table.failure().reason == "table.size");
  }
}

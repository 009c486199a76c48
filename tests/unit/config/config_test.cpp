// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "catch.h"
#include "config/config_reader.h"
#include "config/option_schema.h"

using namespace execlet::core;
namespace json = boost::json;

namespace {

Config config_of(std::string_view text) {
  auto config = Config::from_text(text, "/base");
  INFO(text);
  if (!config) FAIL(config.failure().message);
  return std::move(config).value();
}

Failure failure_of(std::string_view text) {
  const auto config = Config::from_text(text, "/base");
  INFO(text);
  REQUIRE_FALSE(config);
  CHECK(config.failure().status == EXECLET_INVALID_REQUEST);
  CHECK(config.failure().message.find('\n') == std::string::npos);
  return config.failure();
}

std::string pointer_of(const Failure &failure) {
  return std::string(json::parse(failure.details_json).at("pointer").as_string());
}

}  // namespace

TEST_CASE("a configuration names executors of backends with their options") {
  const Config config = config_of(R"(
    // what users see first
    {
      "$schema": "https://example.org/x.json",
      "plugin_dirs": ["/opt/my/plugins", "plugins"],
      "default": "py",
      "executors": {
        "py": {"backend": "local", "options": {"work_dir": "./workspace", "timeout": 30},
               "timeout": 20.5, "kill_grace": 0, "startup_timeout": 5, "best_effort": true, "output_retention": "1m",
               "limits": {"memory": "512m", "cpus": 0.5, "cpu_time": 10, "pids": 64, "open_files": 100,
                          "file_size": "1g", "output": 1000, "disk": "2g"}},
        "other": {"backend": "docker"} /* all defaults */
      }
    })");
  CHECK(config.source.empty());
  CHECK(config.plugin_dirs == std::vector<std::string>{"/opt/my/plugins", "/base/plugins"});
  CHECK(config.default_executor == "py");
  REQUIRE(config.executors.size() == 2);
  const ExecutorConfig &py = config.executors.find("py")->second;
  CHECK(py.name == "py");
  CHECK(py.backend == "local");
  CHECK(py.pointer == "/executors/py");
  CHECK(py.base_dir == "/base");
  CHECK(py.options == json::parse(R"({"work_dir": "./workspace", "timeout": 30})").as_object());
  CHECK(py.core.timeout == 20.5);
  CHECK(py.core.kill_grace == 0.0);
  CHECK(py.core.startup_timeout == 5.0);
  CHECK(py.core.best_effort);
  CHECK(py.core.output_retention == 1u << 20);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_MEMORY] == 512u << 20);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_CPUS] == 500u);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_CPU_TIME] == 10000000000u);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_PIDS] == 64u);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_OPEN_FILES] == 100u);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_FILE_SIZE] == 1u << 30);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_OUTPUT] == 1000u);
  CHECK(py.core.limits[EXECLET_ABI_LIMIT_DISK] == 2ull << 30);
  CHECK_FALSE(py.core.limits[EXECLET_ABI_LIMIT_WALL_TIME].has_value());
  const CoreSettings &defaults = config.executors.find("other")->second.core;
  CHECK_FALSE(defaults.timeout.has_value());
  CHECK_FALSE(defaults.best_effort);
  CHECK(defaults.output_retention == 10u << 20);
}

TEST_CASE("an empty configuration has no executors") {
  CHECK(config_of("{}").executors.empty());
}

TEST_CASE("each kind of mistake is refused with its reason and place") {
  struct Case {
    const char *text, *reason, *pointer;
  };
  const Case cases[] = {
      {"[]", "config.type", ""},
      {R"({"plugin_dirs": "x"})", "config.type", "/plugin_dirs"},
      {R"({"plugin_dirs": ["x", 1]})", "config.type", "/plugin_dirs/1"},
      {R"({"plugin_dirs": [""]})", "config.type", "/plugin_dirs/0"},
      {R"({"$schema": 1})", "config.type", "/$schema"},
      {R"({"executors": []})", "config.type", "/executors"},
      {R"({"executors": {"a": 1}})", "config.type", "/executors/a"},
      {R"({"executors": {"a b": {"backend": "x"}}})", "config.executor-name", "/executors/a b"},
      {R"({"executors": {"": {"backend": "x"}}})", "config.executor-name", "/executors/"},
      {R"({"executors": {"a/b": {"backend": "x"}}})", "config.executor-name", "/executors/a~1b"},
      {R"({"executors": {"a": {}}})", "config.missing-key", "/executors/a"},
      {R"({"executors": {"a": {"backend": ""}}})", "config.type", "/executors/a/backend"},
      {R"({"executors": {"a": {"backend": 1}}})", "config.type", "/executors/a/backend"},
      {R"({"executors": {"a": {"backend": "x", "options": []}}})", "config.type", "/executors/a/options"},
      {R"({"executors": {"a": {"backend": "x", "timeout": "30"}}})", "config.value", "/executors/a/timeout"},
      {R"({"executors": {"a": {"backend": "x", "timeout": 0}}})", "config.value", "/executors/a/timeout"},
      {R"({"executors": {"a": {"backend": "x", "timeout": 1e8}}})", "config.value", "/executors/a/timeout"},
      {R"({"executors": {"a": {"backend": "x", "kill_grace": -1}}})", "config.value", "/executors/a/kill_grace"},
      {R"({"executors": {"a": {"backend": "x", "best_effort": 1}}})", "config.type", "/executors/a/best_effort"},
      {R"({"executors": {"a": {"backend": "x", "output_retention": 0}}})", "config.value",
       "/executors/a/output_retention"},
      {R"({"executors": {"a": {"backend": "x", "limits": 1}}})", "config.type", "/executors/a/limits"},
      {R"({"executors": {"a": {"backend": "x", "limits": {"memory": "lots"}}}})", "config.value",
       "/executors/a/limits/memory"},
      {R"({"executors": {"a": {"backend": "x", "limits": {"memmory": 1}}}})", "config.unknown-key",
       "/executors/a/limits/memmory"},
      {R"({"default": 1})", "config.type", "/default"},
      {R"({"default": "a"})", "config.unknown-executor", "/default"},
      {R"({"executor": {}})", "config.unknown-key", "/executor"},
      {R"({"executors": {"a": {"backend": "x", "image": "y"}}})", "config.unknown-key", "/executors/a/image"},
      {R"({"default": "a", "default": "b"})", "config.duplicate-key", "/default"},
      {R"({"default": )", "config.syntax", "/default"},
      {"{\"a\": \"\xFF\"}", "config.syntax", "/a"}};
  for (const Case &one : cases) {
    const Failure failure = failure_of(one.text);
    CHECK(failure.reason == one.reason);
    CHECK(pointer_of(failure) == one.pointer);
  }
}

TEST_CASE("a pool is read, shown again, and has defaults") {
  const Config config = config_of(R"({"executors": {
    "a": {"backend": "x", "pool": {"min_idle": 2, "max": 4, "idle_timeout": 1.5, "max_lifetime": 60, "max_uses": 9,
                                   "max_wait": 0}},
    "b": {"backend": "x", "pool": {}}, "c": {"backend": "x"}}})");
  const std::optional<PoolSettings> &a = config.executors.at("a").core.pool;
  REQUIRE(a);
  CHECK(a->min_idle == 2);
  CHECK(a->max == 4u);
  CHECK(a->idle_timeout == 1.5);
  CHECK(a->max_lifetime == 60.0);
  CHECK(a->max_uses == 9u);
  CHECK(a->max_wait == 0);
  const std::optional<PoolSettings> &b = config.executors.at("b").core.pool;
  REQUIRE(b);
  CHECK(b->min_idle == 0);
  CHECK_FALSE(b->max);
  CHECK(b->max_wait == 60);
  CHECK_FALSE(config.executors.at("c").core.pool);
  const json::value shown = json::parse(config.to_json({}));
  CHECK(shown.at("executors").at("a").at("pool") ==
        json::parse(R"({"min_idle": 2, "max": 4, "idle_timeout": 1.5, "max_lifetime": 60.0, "max_uses": 9,
                        "max_wait": 0.0})"));
  CHECK(shown.at("executors").at("c").as_object().count("pool") == 0);
}

TEST_CASE("a pool that cannot be is refused where it is wrong") {
  struct Case {
    const char *pool;
    const char *reason;
    const char *pointer;
    const char *words;
  };
  for (const Case &one : {
           Case{R"(4)", "config.type", "", "an object such as"},
           Case{R"({"min_idle": 5, "max": 4})", "config.value", "/min_idle", "5 instances cannot be kept ready where"},
           Case{R"({"max": 0})", "config.value", "/max", "a whole number from 1 to 10000, found 0"},
           Case{R"({"max": 10001})", "config.value", "/max", "found 10001"},
           Case{R"({"max": 1.5})", "config.value", "/max", "found 1.5"},
           Case{R"({"max": 1e300})", "config.value", "/max", "a whole number"},
           Case{R"({"min_idle": -1})", "config.value", "/min_idle", "from 0 to 10000, found -1"},
           Case{R"({"min_idle": "2"})", "config.value", "/min_idle", "found \"2\""},
           Case{R"({"max_uses": 0})", "config.value", "/max_uses", "a whole number from 1, found 0"},
           Case{R"({"idle_timeout": 0})", "config.value", "/idle_timeout", "seconds above 0"},
           Case{R"({"max_lifetime": 1e9})", "config.value", "/max_lifetime", "at most 10000000"},
           Case{R"({"max_wait": -1})", "config.value", "/max_wait", "seconds"},
           Case{R"({"min-idle": 1})", "config.unknown-key", "/min-idle", "did you mean \"min_idle\"?"},
       }) {
    CAPTURE(one.pool);
    const Failure failure =
        failure_of(R"({"executors": {"a": {"backend": "x", "pool": )" + std::string(one.pool) + "}}}");
    CHECK(failure.reason == one.reason);
    CHECK(pointer_of(failure) == "/executors/a/pool" + std::string(one.pointer));
    CHECK(failure.message.find(one.words) != std::string::npos);
  }
}

TEST_CASE("settings of sessions are read, shown again, have defaults, and are refused where they cannot be") {
  const Config config = config_of(R"({"executors": {
    "a": {"backend": "x", "session": {"idle_timeout": 1.5, "max_lifetime": 60, "max": 4}}, "b": {"backend": "x"}}})");
  const SessionSettings &a = config.executors.at("a").core.session;
  CHECK(a.idle_timeout == 1.5);
  CHECK(a.max_lifetime == 60.0);
  CHECK(a.max == 4);
  const SessionSettings &b = config.executors.at("b").core.session;
  CHECK(b.idle_timeout == 3600);
  CHECK_FALSE(b.max_lifetime);
  CHECK(b.max == 100);
  CHECK(json::parse(config.to_json({})).at("executors").at("a").at("session") ==
        json::parse(R"({"idle_timeout": 1.5, "max": 4, "max_lifetime": 60.0})"));
  struct Case {
    const char *session;
    const char *reason;
    const char *pointer;
  };
  for (const Case &one : {
           Case{"true", "config.type", ""},
           Case{R"({"max": 0})", "config.value", "/max"},
           Case{R"({"max": 10001})", "config.value", "/max"},
           Case{R"({"idle_timeout": 0})", "config.value", "/idle_timeout"},
           Case{R"({"max_lifetime": 1e9})", "config.value", "/max_lifetime"},
           Case{R"({"idle_timeout": 60, "max_lifetime": 30})", "config.value", "/idle_timeout"},
           Case{R"({"max_uses": 3})", "config.unknown-key", "/max_uses"},
       }) {
    CAPTURE(one.session);
    const Failure failure =
        failure_of(R"({"executors": {"a": {"backend": "x", "session": )" + std::string(one.session) + "}}}");
    CHECK(failure.reason == one.reason);
    CHECK(pointer_of(failure) == "/executors/a/session" + std::string(one.pointer));
  }
}

TEST_CASE("only what instances are made of makes another digest of the options") {
  const auto digest = [](const char *executor) {
    const auto config = Config::executor_from_text("a", executor, "/base");
    REQUIRE(config.ok());
    return options_digest(*config);
  };
  const std::string one = digest(R"({"backend": "x", "options": {"a": 1, "b": {"c": [1, 2], "d": 3}}})");
  CHECK(one.size() == 64);
  CHECK(digest(R"({"options": {"b": {"d": 3, "c": [1, 2]}, "a": 1}, "backend": "x", "timeout": 5})") == one);
  CHECK(digest(R"({"backend": "x", "options": {"a": 1, "b": {"c": [2, 1], "d": 3}}})") != one);
  CHECK(digest(R"({"backend": "y", "options": {"a": 1, "b": {"c": [1, 2], "d": 3}}})") != one);
}

TEST_CASE("features of later versions are refused, never ignored") {
  for (const std::string &key : later_executor_keys()) {
    const Failure failure = failure_of("{\"executors\": {\"a\": {\"backend\": \"x\", \"" + key + "\": {}}}}");
    CHECK(failure.reason == "config.not-in-this-build");
    CHECK(pointer_of(failure) == "/executors/a/" + key);
  }
}

TEST_CASE("the message has line, pointer, what is wrong and the nearest key") {
  CHECK(failure_of(
            "{\n  \"executors\": {\n    \"py\": {\n      \"backend\": \"local\",\n      \"timeot\": 3\n    }\n  }\n}")
            .message == "the configuration:5: /executors/py/timeot: unknown key \"timeot\"; did you mean \"timeout\"?");
  CHECK(failure_of(R"({"executors": {"py": {"backend": "x", "timeout": "soon"}}})").message ==
        "the configuration: /executors/py/timeout: expected seconds above 0 and at most 10000000, found \"soon\"");
  CHECK(failure_of(R"({"executors": {"py": {"backend": "x"}}, "default": "pyy"})").message ==
        "the configuration: /default: there is no executor \"pyy\"; did you mean \"py\"?");
  CHECK(failure_of(R"({"executors": {"a": {"backend": "x", "image": "y"}}})")
            .message.find("a backend's own settings go into \"options\"") != std::string::npos);
}

TEST_CASE("a key of any kind leaves the message one short line, and the details whole") {
  const std::string key = "new\nline " + std::string(5000, 'x');
  const Failure failure = failure_of("{\"executors\": {\"a\": {\"backend\": \"x\", \"options\": {\"new\\nline " +
                                     std::string(5000, 'x') + "\": \"${nothing}\"}}}}");
  CHECK(failure.reason == "config.interpolation");
  CHECK(failure.message.find('\n') == std::string::npos);
  CHECK(failure.message.size() < 500);
  CHECK(pointer_of(failure) == "/executors/a/options/" + key);
}

TEST_CASE("an executor can be given alone") {
  const auto executor =
      Config::executor_from_text("tmp", R"({"backend": "local", "options": {"a": 1}, "timeout": 5})", "/base");
  REQUIRE(executor);
  CHECK(executor->name == "tmp");
  CHECK(executor->backend == "local");
  CHECK(executor->pointer.empty());
  CHECK(executor->core.timeout == 5.0);
  const auto wrong = Config::executor_from_text("tmp", R"({"backend": "local", "timeout": -5})", "/base");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.failure().message.find("executor tmp: /timeout: ") == 0);
  CHECK(pointer_of(wrong.failure()) == "/timeout");
}

TEST_CASE("the published schema has exactly the keys that are read") {
  const json::value schema = json::parse(config_schema_json());
  const auto keys = [](const json::value &object) {
    std::vector<std::string> out;
    for (const auto &member : object.at("properties").as_object()) out.emplace_back(member.key());
    std::sort(out.begin(), out.end());
    return out;
  };
  CHECK(keys(schema) == config_keys());
  const json::value &executor = schema.at("definitions").at("executor");
  CHECK(keys(executor) == executor_keys());
  std::vector<std::string> limits;
  for (int kind = 1; kind < EXECLET_ABI_LIMIT_COUNT; ++kind) limits.emplace_back(limit_name(kind));
  std::sort(limits.begin(), limits.end());
  CHECK(keys(executor.at("properties").at("limits")) == limits);
}

TEST_CASE("the published schema and the reader agree") {
  const json::value schema = json::parse(config_schema_json());
  for (const char *text :
       {"{}", R"({"executors": {"a": {"backend": "x"}}})", R"({"executors": {"a": {}}})", R"({"executors": 1})",
        R"({"executors": {"a": {"backend": "x", "timeout": 0}}})", R"({"plugin_dirs": [1]})", R"({"nope": 1})",
        R"({"executors": {"a": {"backend": "x", "limits": {"memory": "1m", "cpus": 2, "pids": 1}}}})",
        R"({"executors": {"a": {"backend": "x", "limits": {"memory": 0}}}})",
        R"({"executors": {"a": {"backend": "x", "limits": {"x": 1}}}})",
        R"({"executors": {"a": {"backend": "x", "kill_grace": 0, "best_effort": false, "output_retention": "1k"}}})"}) {
    INFO(text);
    const auto problem = check_against_schema(json::parse(text), schema);
    REQUIRE(problem);
    CHECK(Config::from_text(text, "/").ok() == !problem->has_value());
  }
}

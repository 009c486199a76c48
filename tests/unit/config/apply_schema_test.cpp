// SPDX-License-Identifier: Apache-2.0
#include <boost/json/parse.hpp>

#include "catch.h"
#include "config/config.h"
#include "config/option_schema.h"
#include "scoped_env.h"

using namespace execlet::core;
using execlet::test::ScopedEnv;
namespace json = boost::json;

namespace {

constexpr const char *kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "work_dir": {"type": "string", "minLength": 1},
    "mode": {"enum": ["ro", "rw", 7]},
    "timeout": {"type": "number", "exclusiveMinimum": 0, "x-execlet-role": "timeout"},
    "grace": {"type": "number", "x-execlet-role": "kill_grace"},
    "start": {"type": "number", "x-execlet-role": "startup_timeout"},
    "max_memory_mb": {"type": "integer", "minimum": 1, "x-execlet-role": "memory_mb"},
    "idle_timeout": {"type": "number", "x-execlet-role": "idle_timeout"},
    "resource_limits": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "memory": {"$ref": "#/definitions/bytes", "x-unused": 1},
        "pids": {"type": "integer", "x-execlet-role": "limits.pids"},
        "swap": {"type": "string"}
      }
    },
    "executors": {
      "x-execlet-role": "languages",
      "anyOf": [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": {
          "type": "object", "additionalProperties": false, "required": ["executable"],
          "properties": {"executable": {"type": "string"}, "file_extension": {"type": "string"}}}}
      ]
    },
    "token": {"type": "string", "maxLength": 10, "x-execlet-secret": true},
    "ports": {"type": "array", "items": {"type": "integer", "maximum": 65535}, "minItems": 2, "maxItems": 2},
    "env": {"type": "object", "additionalProperties": {"type": "string"}},
    "odd": {"not": {"type": "integer"}}
  },
  "definitions": {"bytes": {"type": ["integer", "string"], "x-execlet-role": "limits.memory"}}
})";

Manifest manifest(const char *schema = kSchema) {
  Manifest out;
  out.name = "test";
  out.options_schema = json::parse(schema);
  return out;
}

Result<ExecutorConfig> applied(const std::string &options, const std::string &beside = "",
                               const Manifest &plugin = manifest()) {
  const std::string text = "{\"executors\": {\"py\": {\"backend\": \"test\", \"options\": " + options + beside + "}}}";
  auto config = Config::from_text(text, "/base");
  if (!config) FAIL(config.failure().message);
  return apply_schema(config->executors.at("py"), plugin);
}

std::string message_of(const Result<ExecutorConfig> &result) {
  REQUIRE_FALSE(result);
  CHECK(result.failure().status == EXECLET_INVALID_REQUEST);
  return result.failure().message;
}

constexpr const char *kAt = "the configuration: /executors/py/options";

}  // namespace

TEST_CASE("options that fit their schema pass unchanged") {
  const char *options = R"({"work_dir": "w", "mode": 7, "env": {"A": "b"}, "ports": [1, 2], "odd": "x"})";
  const auto config = applied(options);
  REQUIRE(config);
  CHECK(config->options == json::parse(options).as_object());
}

TEST_CASE("options with a role become settings of the core and leave the options") {
  const auto config = applied(
      R"({"timeout": 30, "grace": 0, "start": 2.5, "max_memory_mb": 512, "resource_limits": {"pids": 10, "swap": "1m"}})");
  REQUIRE(config);
  CHECK(config->core.timeout == 30.0);
  CHECK(config->core.kill_grace == 0.0);
  CHECK(config->core.startup_timeout == 2.5);
  CHECK(config->core.limits[EXECLET_ABI_LIMIT_MEMORY] == 512u << 20);
  CHECK(config->core.limits[EXECLET_ABI_LIMIT_PIDS] == 10u);
  CHECK(config->options == json::parse(R"({"resource_limits": {"swap": "1m"}})").as_object());
}

TEST_CASE("a role behind a reference counts") {
  const auto config = applied(R"({"resource_limits": {"memory": "512m"}})");
  REQUIRE(config);
  CHECK(config->core.limits[EXECLET_ABI_LIMIT_MEMORY] == 512u << 20);
}

TEST_CASE("a setting given both ways must be the same") {
  const auto same = applied(R"({"timeout": 30})", R"(, "timeout": 30)");
  REQUIRE(same);
  CHECK(same->core.timeout == 30.0);
  const auto different = applied(R"({"timeout": 30})", R"(, "timeout": 31)");
  CHECK(message_of(different) ==
        std::string(kAt) + "/timeout: is set to another value than /executors/py/timeout; keep one of them");
  CHECK(different.failure().reason == "config.conflict");
  CHECK(applied(R"({"max_memory_mb": 512})", R"(, "limits": {"memory": "512m"})"));
  CHECK(applied(R"({"max_memory_mb": 512})", R"(, "limits": {"memory": "1g"})").failure().reason == "config.conflict");
  CHECK(applied(R"({"max_memory_mb": 512, "resource_limits": {"memory": "1g"}})").failure().reason ==
        "config.conflict");
}

TEST_CASE("a role that this build does not have is refused when it is used") {
  CHECK(applied("{}"));
  const auto config = applied(R"({"idle_timeout": 5})");
  CHECK(message_of(config).find(std::string(kAt) + "/idle_timeout: ") == 0);
  CHECK(config.failure().reason == "config.not-in-this-build");
}

TEST_CASE("values that a role gives a meaning are checked by it") {
  CHECK(message_of(applied(R"({"timeout": 1e9})")).find(std::string(kAt) + "/timeout: expected seconds") == 0);
  CHECK(message_of(applied(R"({"resource_limits": {"memory": "lots"}})"))
            .find(std::string(kAt) + "/resource_limits/memory: limit memory: expected bytes") == 0);
}

TEST_CASE("mebibytes may have a fraction") {
  const Manifest plugin = manifest(R"({"properties": {"mb": {"x-execlet-role": "memory_mb"}}})");
  CHECK(applied(R"({"mb": 0.5})", "", plugin)->core.limits[EXECLET_ABI_LIMIT_MEMORY] == 512u << 10);
  for (const char *bad : {R"({"mb": 0})", R"({"mb": -1})", R"({"mb": "512"})", R"({"mb": 1e300})", R"({"mb": 1e-9})"})
    CHECK(applied(bad, "", plugin).failure().reason == "config.value");
}

TEST_CASE("names of languages become canonical, in lists and as keys") {
  CHECK(applied(R"({"executors": ["py", "node", "brainf"]})")->options ==
        json::parse(R"({"executors": ["python", "javascript", "brainf"]})").as_object());
  CHECK(applied(R"({"executors": {"python3": {"executable": "/v/bin/python"}}})")->options ==
        json::parse(R"({"executors": {"python": {"executable": "/v/bin/python"}}})").as_object());
  CHECK(message_of(applied(R"({"executors": ["node", "js"]})")) ==
        std::string(kAt) + "/executors: \"node\" and \"js\" are the same language (javascript); keep one of them");
}

TEST_CASE("each kind of mistake names its place, what was expected, what was found") {
  const std::pair<const char *, const char *> cases[] = {
      {R"({"timeot": 3})", "/timeot: unknown option \"timeot\"; did you mean \"timeout\"?"},
      {R"({"work_dir": 5})", "/work_dir: expected a string, found 5"},
      {R"({"work_dir": ""})", "/work_dir: expected a string of a length of at least 1, found \"\""},
      {R"({"mode": "x"})", "/mode: expected one of \"ro\", \"rw\", 7, found \"x\""},
      {R"({"timeout": -1})", "/timeout: expected a number above 0, found -1"},
      {R"({"timeout": "5"})", "/timeout: expected a number, found \"5\""},
      {R"({"max_memory_mb": 1.5})", "/max_memory_mb: expected a whole number, found 1.5"},
      {R"({"resource_limits": []})", "/resource_limits: expected an object, found an empty array"},
      {R"({"resource_limits": {"swop": ""}})",
       "/resource_limits/swop: unknown option \"swop\"; did you mean \"swap\"?"},
      {R"({"resource_limits": {"memory": true}})",
       "/resource_limits/memory: expected a whole number or a string, found true"},
      {R"({"ports": [1, 70000]})", "/ports/1: expected a number of at most 65535, found 70000"},
      {R"({"ports": [1]})", "/ports: expected an array whose number of items is at least 2, found an array of 1"},
      {R"({"env": {"A": 1}})", "/env/A: expected a string, found 1"},
      {R"({"executors": 5})", "/executors: expected an array or an object, found 5"},
      {R"({"executors": ["py", 5]})", "/executors/1: expected a string, found 5"},
      {R"({"executors": {"py": {}}})", "/executors/py: needs the key \"executable\""},
      {R"({"executors": {"py": {"executable": "x", "extension": ""}}})",
       "/executors/py/extension: unknown option \"extension\"; the options here are executable, file_extension"},
      {R"({"odd": 1})", "/odd: expected a value that the backend's schema allows, found 1"}};
  for (const auto &[options, message] : cases) {
    const auto config = applied(options);
    CHECK(message_of(config) == std::string(kAt) + message);
    CHECK(config.failure().reason.find("config.") == 0);
  }
}

TEST_CASE("an option of a file has its line") {
  const auto config = Config::from_text(
      "{\"executors\": {\"py\": {\n \"backend\": \"test\",\n \"options\": {\n  \"timeot\": 3\n }}}}", "/");
  REQUIRE(config);
  const auto checked = apply_schema(config->executors.at("py"), manifest());
  CHECK(message_of(checked).find("the configuration:4: /executors/py/options/timeot: ") == 0);
}

TEST_CASE("secrets do not appear in the errors of options") {
  const ScopedEnv environment("EXECLET_TEST_SECRET", "hunter2");
  const std::string marked = message_of(applied(R"({"token": "hunter2hunter2"})"));
  CHECK(marked.find("hunter") == std::string::npos);
  CHECK(marked.find("/token: expected a string of a length of at most 10, found a secret (not shown)") !=
        std::string::npos);
  for (const char *options :
       {R"({"timeout": "${env:EXECLET_TEST_SECRET}"})", R"({"mode": "${env:EXECLET_TEST_SECRET}"})",
        R"({"resource_limits": {"memory": "${env:EXECLET_TEST_SECRET}"}})",
        R"({"executors": "${env:EXECLET_TEST_SECRET}"})", R"({"ports": ["${env:EXECLET_TEST_SECRET}"]})"})
    CHECK(message_of(applied(options)).find("hunter") == std::string::npos);
}

TEST_CASE("very long strings are refused before the schema is asked") {
  CHECK(message_of(applied("{\"work_dir\": \"" + std::string(70000, 'x') + "\"}")).find("/work_dir: ") !=
        std::string::npos);
}

TEST_CASE("a schema that cannot be used is the plugin's fault") {
  for (const char *schema :
       {R"({"type": 5})", R"({"properties": {"a": {"$ref": "#/definitions/none"}}})",
        R"({"properties": {"a": {"$ref": "http://example.org/schema"}}})", R"({"properties": {"a": {"$ref": "#"}}})",
        R"({"properties": {"a": {"type": "no-such-type"}}})"}) {
    const auto config = applied(R"({"a": 1})", "", manifest(schema));
    INFO(schema);
    REQUIRE_FALSE(config);
    CHECK(config.failure().status == EXECLET_INTERNAL_ERROR);
    CHECK(config.failure().reason == "manifest.schema");
    CHECK(config.failure().message.find("plugin test: ") == 0);
  }
}

TEST_CASE("an executor made by hand has no place but its pointer") {
  ExecutorConfig config;
  config.options = json::parse(R"({"timeot": 1})").as_object();
  const auto checked = apply_schema(config, manifest());
  CHECK(message_of(checked) == "/options/timeot: unknown option \"timeot\"; did you mean \"timeout\"?");
}

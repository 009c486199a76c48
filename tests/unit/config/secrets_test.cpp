// SPDX-License-Identifier: Apache-2.0
#include <boost/json/parse.hpp>

#include <fstream>

#include "catch.h"
#include "config/config.h"
#include "scoped_env.h"
#include "temp_dir.h"

using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;
namespace json = boost::json;

namespace {

constexpr const char *kSecret = "hunter2-very-secret";

std::string option_of(const std::string &value, const std::filesystem::path &base = "/") {
  const auto config = Config::from_text(
      "{\"executors\": {\"a\": {\"backend\": \"x\", \"options\": {\"o\": \"" + value + "\"}}}}", base);
  if (!config) return "FAILURE " + config.failure().reason + ' ' + config.failure().message;
  return std::string(config->executors.at("a").options.at("o").as_string());
}

}  // namespace

TEST_CASE("environment variables and files are brought into string values") {
  const ScopedEnv environment("EXECLET_TEST_SECRET", kSecret);
  const TempDir directory;
  std::ofstream(directory.path() / "token") << "from file\n";
  CHECK(option_of("${env:EXECLET_TEST_SECRET}") == kSecret);
  CHECK(option_of("Bearer ${env:EXECLET_TEST_SECRET}!") == "Bearer " + std::string(kSecret) + "!");
  CHECK(option_of("${file:token}", directory.path()) == "from file");
  CHECK(option_of("${file:" + (directory.path() / "token").string() + "}") == "from file");
}

TEST_CASE("a doubled dollar sign is a literal reference, and lone ones are plain text") {
  const ScopedEnv environment("EXECLET_TEST_SECRET", kSecret);
  CHECK(option_of("$${env:EXECLET_TEST_SECRET}") == "${env:EXECLET_TEST_SECRET}");
  CHECK(option_of("$5 $$ $x {}") == "$5 $$ $x {}");
  CHECK(option_of("a$") == "a$");
}

TEST_CASE("what was brought in is not looked at again") {
  const ScopedEnv environment("EXECLET_TEST_SECRET", "${env:HOME}");
  CHECK(option_of("${env:EXECLET_TEST_SECRET}") == "${env:HOME}");
}

TEST_CASE("a reference that leads nowhere names its place") {
  const TempDir directory;
  std::ofstream(directory.path() / "binary") << "\xFF\xFE";
  std::ofstream(directory.path() / "big") << std::string(70000, 'x');
  for (const char *bad : {"${env:EXECLET_NOT_SET}", "${env:}", "${file:missing}", "${file:}", "${file:binary}",
                          "${file:big}", "${file:.}", "${HOME}", "${env:HOME", "${}"}) {
    const std::string outcome = option_of(bad, directory.path());
    INFO(outcome);
    CHECK(outcome.find("FAILURE config.interpolation the configuration: /executors/a/options/o: ") == 0);
  }
  CHECK(option_of("${env:EXECLET_NOT_SET}").find("EXECLET_NOT_SET is not set") != std::string::npos);
}

TEST_CASE("values from references never appear in errors") {
  const ScopedEnv environment("EXECLET_TEST_SECRET", kSecret);
  for (const char *text :
       {R"({"executors": {"a": {"backend": "x", "timeout": "${env:EXECLET_TEST_SECRET}"}}})",
        R"({"executors": {"a": {"backend": "x", "limits": {"memory": "${env:EXECLET_TEST_SECRET}"}}}})",
        R"({"executors": {"a": {"backend": "x", "options": "${env:EXECLET_TEST_SECRET}"}}})",
        R"({"executors": {"a": "${env:EXECLET_TEST_SECRET}"}})", R"({"default": "${env:EXECLET_TEST_SECRET}"})"}) {
    const auto config = Config::from_text(text, "/");
    REQUIRE_FALSE(config);
    CHECK(config.failure().message.find(kSecret) == std::string::npos);
    CHECK(config.failure().details_json.find(kSecret) == std::string::npos);
  }
}

TEST_CASE("a configuration shown has its settings but not its secrets") {
  const ScopedEnv environment("EXECLET_TEST_SECRET", kSecret);
  const auto config = Config::from_text(R"({"default": "a", "executors": {"a": {"backend": "x", "timeout": 5,
      "limits": {"memory": "1m", "cpus": 0.5}, "options": {"plain": "seen", "from_env": "${env:EXECLET_TEST_SECRET}",
      "list": ["b", "${env:EXECLET_TEST_SECRET}"], "token": "hunter3", "env_vars": {"API_KEY": "hunter4"},
      "marked": "hunter5", "marked_map": {"k": "hunter6"}, "by_reference": "hunter7", "list_of": ["hunter8"],
      "credential": {"client": "hunter9"}}}}})",
                                        "/");
  REQUIRE(config);
  const json::value schema = json::parse(R"({"properties": {"marked": {"x-execlet-secret": true},
      "marked_map": {"additionalProperties": {"x-execlet-secret": true}}, "by_reference": {"$ref": "#/definitions/s"},
      "list_of": {"items": {"$ref": "#/definitions/s"}}}, "definitions": {"s": {"x-execlet-secret": true}}})");
  const std::string shown = config->to_json([&](std::string_view backend) {
    CHECK(backend == "x");
    return &schema;
  });
  CHECK(shown.find("hunter") == std::string::npos);
  CHECK(json::parse(shown) == json::parse(R"({"plugin_dirs": [], "default": "a", "executors": {"a": {"backend": "x",
      "options": {"plain": "seen", "from_env": "***", "list": ["b", "***"], "token": "***",
      "env_vars": {"API_KEY": "***"}, "marked": "***", "marked_map": {"k": "***"}, "by_reference": "***", "list_of": ["***"],
      "credential": "***"},
      "timeout": 5E0, "limits": {"memory": 1048576, "cpus": 5E-1}, "session": {"idle_timeout": 3.6E3, "max": 100}, "best_effort": false, "output_retention": 10485760}}})"));
  CHECK(Config::from_text(shown, "/"));
}

TEST_CASE("a literal dollar sign with a brace is shown as a configuration has to write it") {
  const std::string text =
      R"({"executors": {"a": {"backend": "$${x}", "options": {"o": ["$${env:HOME}", "$$${", "$$", "a$${b$${c"]}}}})";
  const auto config = Config::from_text(text, "/");
  REQUIRE(config);
  const auto again = Config::from_text(config->to_json(), "/");
  REQUIRE(again);
  CHECK(again->executors.at("a").backend == "${x}");
  CHECK(again->executors.at("a").options == config->executors.at("a").options);
}

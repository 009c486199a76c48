// SPDX-License-Identifier: Apache-2.0
//
// The page about the configuration against the published schema and the code.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "config/config.h"
#include "config/config_reader.h"
#include "temp_dir.h"

namespace json = boost::json;
using namespace execlet::core;

namespace {

std::string page() {
  const std::string text = execlet::test::read_whole_file(EXECLET_CONFIG_PAGE);
  REQUIRE_FALSE(text.empty());
  return text;
}

// First cells of the table that follows `heading`, without backticks.
std::vector<std::string> keys_of_table(const std::string &text, const std::string &heading) {
  std::vector<std::string> keys;
  std::size_t at = text.find(heading);
  REQUIRE(at != std::string::npos);
  at = text.find("\n|---", at);
  REQUIRE(at != std::string::npos);
  at = text.find('\n', at + 1);
  while (text.compare(at, 4, "\n| `") == 0) {
    const std::size_t begin = at + 4;
    keys.push_back(text.substr(begin, text.find('`', begin) - begin));
    at = text.find('\n', begin);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<std::string> keys_of_schema(const json::value &object) {
  std::vector<std::string> keys;
  for (const auto &member : object.at("properties").as_object()) keys.emplace_back(member.key());
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

TEST_CASE("the page lists exactly the keys of the published schema") {
  const json::value schema = json::parse(config_schema_json());
  const json::value &executor = schema.at("definitions").at("executor");
  const std::string text = page();
  CHECK(keys_of_table(text, "At the top:") == keys_of_schema(schema));
  CHECK(keys_of_table(text, "Of one executor:") == keys_of_schema(executor));
  CHECK(keys_of_table(text, "Of `limits`:") == keys_of_schema(executor.at("properties").at("limits")));
  CHECK(keys_of_table(text, "Of `session`.") == keys_of_schema(executor.at("properties").at("session")));
  CHECK(keys_of_table(text, "Of `pool`.") == keys_of_schema(executor.at("properties").at("pool")));
}

TEST_CASE("the page names what is not in this build") {
  for (const std::string &key : later_executor_keys()) CHECK(page().find('`' + key + '`') != std::string::npos);
}

TEST_CASE("the example of the page is a configuration") {
  const std::string text = page();
  const std::size_t begin = text.find("```json\n") + 8;
  const auto config = Config::from_text(text.substr(begin, text.find("```", begin) - begin), "/");
  if (!config) FAIL(config.failure().message);
  CHECK(config->default_executor == "py");
}

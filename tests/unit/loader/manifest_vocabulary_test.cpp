// SPDX-License-Identifier: Apache-2.0
#include "loader/manifest_vocabulary.h"

#include <string>

#include "catch.h"

TEST_CASE("words of a manifest that mean nothing are told with the nearest that does") {
  const std::vector<std::string> lines = execlet::core::unknown_words(
      R"({"manifest_version": 1, "naem": "x", "capabilities": {"stremaing": true, "speed": "slow", "network": ["none"],
          "languages": ["py", "*", "bash"], "limits": {"memroy": {"scope": "run", "howe": "x"}}}})");
  std::string all;
  for (const std::string &line : lines) all += line + "\n";
  INFO(all);
  CHECK(lines.size() == 6);
  for (const char *part :
       {"\"name\"?", "\"streaming\"?", "fast, seconds, minutes", "write \"python\"", "\"memory\"?", "\"how\"?"}) {
    INFO(part);
    CHECK(all.find(part) != std::string::npos);
  }
  CHECK(execlet::core::unknown_words("no JSON").empty());
}

// SPDX-License-Identifier: Apache-2.0
#include "values/glob.h"

#include "catch.h"

using namespace execlet::core;

TEST_CASE("patterns of wildcards, brackets and directories are accepted and normalised") {
  for (const char *pattern :
       {"*.png", "out/*.csv", "**/*.txt", "a?c", "[a-z]*", "[!a]*", "**", "a/**/b", "[]]x", "[[]"})
    CHECK(normalise_glob(pattern).value() == pattern);
  CHECK(normalise_glob("./out//*.png").value() == "out/*.png");
}

TEST_CASE("a pattern that is wrong is refused with the reason") {
  const std::pair<std::string, const char *> bad[] = {{"", "glob.empty"},
                                                      {"/tmp/*", "glob.absolute"},
                                                      {"../*", "glob.parent"},
                                                      {"a/../b", "glob.parent"},
                                                      {"a/[b", "glob.syntax"},
                                                      {"[]", "glob.syntax"},
                                                      {"a**", "glob.syntax"},
                                                      {"**.py", "glob.syntax"},
                                                      {"a\\*", "glob.syntax"},
                                                      {"out/", "glob.directory"},
                                                      {".", "glob.directory"},
                                                      {std::string("a\0", 2), "glob.nul"},
                                                      {std::string(5000, 'a'), "glob.too-long"}};
  for (const auto &[pattern, reason] : bad) {
    const auto result = normalise_glob(pattern);
    REQUIRE_FALSE(result);
    CHECK(result.failure().reason == reason);
    CHECK(result.failure().message.size() < 300);
  }
}

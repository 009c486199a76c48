// SPDX-License-Identifier: Apache-2.0
#include "values/relative_path.h"

#include "catch.h"

using namespace execlet::core;

TEST_CASE("a path inside the working directory is normalised") {
  CHECK(normalise_relative_path("main.py").value() == "main.py");
  CHECK(normalise_relative_path("src/pkg/a.py").value() == "src/pkg/a.py");
  CHECK(normalise_relative_path("./a//b/./c").value() == "a/b/c");
  CHECK(normalise_relative_path("..hidden/...x").value() == "..hidden/...x");
  CHECK(normalise_relative_path("mit Leerzeichen/ü.txt").value() == "mit Leerzeichen/ü.txt");
}

TEST_CASE("a path that could leave the working directory is refused with the reason") {
  const std::pair<std::string, const char *> bad[] = {{"", "path.empty"},
                                                      {"/etc/passwd", "path.absolute"},
                                                      {"..", "path.parent"},
                                                      {"../x", "path.parent"},
                                                      {"a/../b", "path.parent"},
                                                      {"a/..", "path.parent"},
                                                      {std::string("a\0b", 3), "path.nul"},
                                                      {".", "path.directory"},
                                                      {"dir/", "path.directory"},
                                                      {"dir/.", "path.directory"},
                                                      {std::string(256, 'a'), "path.too-long"}};
  for (const auto &[path, reason] : bad) {
    const auto result = normalise_relative_path(path);
    REQUIRE_FALSE(result);
    CHECK(result.failure().reason == reason);
    CHECK(result.failure().status == EXECLET_INVALID_REQUEST);
  }
}

TEST_CASE("a path is at most 4095 bytes long") {
  std::string path = "a";
  while (path.size() < 4095) path += "/a";
  CHECK(normalise_relative_path(path).ok() == (path.size() <= 4095));
  path += "/a";
  CHECK(normalise_relative_path(path).failure().reason == "path.too-long");
}

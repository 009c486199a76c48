// SPDX-License-Identifier: Apache-2.0
#include "loader/helper_program.h"

#include <sys/stat.h>

#include "catch.h"
#include "loader/installation.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

TEST_CASE("a helper is found in the installation that this code belongs to") {
  const ScopedEnv none("EXECLET_LIBEXEC_DIR", nullptr);
  Result<fs::path> probe = find_helper("execlet-probe");
  REQUIRE(probe);
  CHECK(fs::equivalent(*probe, fs::canonical("/proc/self/exe").parent_path() / "../lib/execlet/execlet-probe"));
}

TEST_CASE("a missing helper is unavailable and names every path that was tried") {
  const ScopedEnv none("EXECLET_LIBEXEC_DIR", nullptr);
  Result<fs::path> missing = find_helper("execlet-nothing");
  REQUIRE_FALSE(missing);
  CHECK(missing.failure().status == EXECLET_UNAVAILABLE);
  CHECK(missing.failure().reason == "helper.missing");
  for (const fs::path &directory : installation_directories())
    CHECK_THAT(missing.failure().message, Catch::Contains((directory / "execlet-nothing").string()));
}

TEST_CASE("EXECLET_LIBEXEC_DIR replaces the installation's directories") {
  const TempDir dir;
  const ScopedEnv chosen("EXECLET_LIBEXEC_DIR", dir.path().c_str());
  CHECK_THAT(find_helper("execlet-probe").failure().message,
             Catch::Contains((dir.path() / "execlet-probe").string()) && Catch::Contains("EXECLET_LIBEXEC_DIR is set"));
  const fs::path file = dir.write("execlet-probe", "#!/bin/sh\n");
  CHECK(find_helper("execlet-probe").failure().reason == "helper.missing");  // not executable
  REQUIRE(chmod(file.c_str(), 0755) == 0);
  CHECK(*find_helper("execlet-probe") == file);
  fs::create_directory(dir.path() / "execlet-dir");
  CHECK(find_helper("execlet-dir").failure().reason == "helper.missing");
}

TEST_CASE("a helper's name cannot lead out of the directory") {
  for (const char *name : {"", ".", "..", "../bin/sh", "/bin/sh", "a b", ".hidden"})
    CHECK(find_helper(name).failure().reason == "helper.name");
  CHECK(find_helper(std::string_view("execlet-probe\0x", 15)).failure().reason == "helper.name");
}

TEST_CASE("the core's build id is there and does not change") {
  CHECK(core_build_id().size() >= 5);
  CHECK(core_build_id() == core_build_id());
  CHECK(core_build_id().find_first_not_of("0123456789abcdef.") == std::string::npos);
}

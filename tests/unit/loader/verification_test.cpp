// SPDX-License-Identifier: Apache-2.0
#include "loader/verification.h"

#include <elf.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "catch.h"
#include "elf_bytes.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ElfBytes;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

const fs::path kZoo = EXECLET_TEST_ZOO_DIR;
const fs::path kPlugins = EXECLET_TEST_PLUGIN_DIR;

std::vector<std::string> reasons(const Verification &found) {
  std::vector<std::string> out;
  for (const Failure &problem : found.problems) out.push_back(problem.reason);
  return out;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a good plugin has no problems, and its name, version and digest are told") {
  const Verification found = verify_plugin(kPlugins / "echo.so");
  CHECK(reasons(found) == Words{});
  CHECK(found.not_tried.empty());
  REQUIRE(found.manifest);
  CHECK(found.manifest->name == "echo");
  CHECK(found.digest.size() == 64);
  CHECK(found.file.is_absolute());
}

TEST_CASE("everything that is wrong with a file is said at once, and a dangerous one is not run") {
  const TempDir dir;
  std::string bytes = ElfBytes(R"({"manifest_version": 1, "name": "Upper/Case", "version": 3, "abi": [],
      "capabilities": {"isolation": "much", "state": "none", "reset": "none", "languages": "text"},
      "options": {"type": "array", "properties": {"x": {"pattern": "a"}}}})",
                               "execlet_plugin_entry_v9")
                          .bytes();
  bytes[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_S390);
  bytes[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
  const fs::path file = dir.write("p/x.so", bytes);
  dir.write("p/x.so.sha256", std::string(64, '0') + "  x.so\n");
  REQUIRE(chmod(file.c_str(), 0666) == 0);
  REQUIRE(chmod(file.parent_path().c_str(), 0777) == 0);

  const Verification found = verify_plugin(file);
  CHECK(reasons(found) == Words{"trust.world-writable", "trust.world-writable", "trust.digest", "elf.machine",
                                "manifest.name", "manifest.malformed", "manifest.malformed", "manifest.malformed",
                                "manifest.malformed", "manifest.malformed", "manifest.malformed", "abi.major"});
  std::string all;
  for (const Failure &problem : found.problems) all += problem.message + "\n";
  for (const char *place :
       {"/version is not a text", "/abi is not an object", "/capabilities/isolation is \"much\"",
        "/capabilities/languages is not a list", "/options/type must be", "/pattern is not allowed"})
    CHECK_THAT(all, Catch::Contains(place));
  CHECK(all.find("/abi/major") == std::string::npos);  // follows from what was said
  CHECK_THAT(found.not_tried, Catch::Contains("trust.world-writable"));
  CHECK_FALSE(found.manifest);
}

TEST_CASE("what only shows once it is loaded is found in another process") {
  const std::vector<std::pair<const char *, Words>> kinds = {
      {"crash-on-load", {"probe.crash"}},
      {"exit-on-load", {"probe.ended"}},
      {"print-on-load", {"probe.output"}},
      {"crash-in-init", {"probe.crash"}},
      {"fail-in-init", {"zoo.no-licence"}},
      {"other-name", {"manifest.mismatch"}},
      {"null-table", {"table.missing"}},
      {"short-table", {"table.size"}},
      {"refuses-host", {"abi.minor"}},
      {"no-reset", {"table.function"}},
      {"missing-dependency", {"load.dependency", "load.dependency"}},
      {"two-faults", {"manifest.mismatch", "manifest.mismatch", "table.function"}}};
  for (const auto &[kind, expected] : kinds) {
    INFO(kind);
    const Verification found = verify_plugin(kZoo / (std::string("zoo-") + kind + ".so"));
    CHECK(reasons(found) == expected);
    CHECK(found.not_tried.empty());
  }
}

TEST_CASE("one that hangs is found within its bound") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(reasons(verify_plugin(kZoo / "zoo-hang-in-init.so")) == Words{"probe.hang"});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("a manifest at fault does not keep the rest from being tried") {
  CHECK(reasons(verify_plugin(kZoo / "zoo-no-entry.so")) == Words{"abi.entry"});
  CHECK(reasons(verify_plugin(kZoo / "zoo-bad-manifest.so")) == Words{"manifest.malformed", "table.function"});
}

TEST_CASE("files that are no plugins at all are told so") {
  const TempDir dir;
  const auto of = [](const fs::path &file) { return reasons(verify_plugin(file)); };
  CHECK(of(dir.path() / "none.so") == Words{"file.unreadable"});
  CHECK(of(dir.write("empty.so", "")) == Words{"elf.not-elf"});
  CHECK(of(dir.write("text.so", "hello")) == Words{"elf.not-elf"});
  fs::create_directory(dir.path() / "directory.so");
  CHECK(of(dir.path() / "directory.so") == Words{"trust.not-regular"});
  REQUIRE(mkfifo((dir.path() / "fifo.so").c_str(), 0600) == 0);
  CHECK(of(dir.path() / "fifo.so") == Words{"trust.not-regular"});
  fs::create_symlink(kZoo / "zoo-null-table.so", dir.path() / "out.so");
  CHECK(of(dir.path() / "out.so") == Words{"trust.symlink"});
  fs::create_symlink("loop.so", dir.path() / "loop.so");
  CHECK(of(dir.path() / "loop.so") == Words{"file.unreadable"});
  CHECK_FALSE(of("").empty());
  const Verification none = verify_plugin(dir.path() / "none.so");
  CHECK_FALSE(none.not_tried.empty());
  CHECK(none.digest.empty());
}

TEST_CASE("a whole file cut off at any length is refused and never loaded") {
  const TempDir dir;
  const std::string whole = execlet::test::read_whole_file(kPlugins / "echo.so");
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 3) {
    INFO("cut to " << size << " of " << whole.size());
    const Verification found = verify_plugin(dir.write("cut.so", std::string_view(whole).substr(0, size)));
    CHECK_FALSE(found.problems.empty());
    CHECK_FALSE(found.not_tried.empty());
  }
}

TEST_CASE("without the probe program a verification says that it is not whole") {
  const ScopedEnv nowhere("EXECLET_LIBEXEC_DIR", "/nonexistent");
  CHECK(reasons(verify_plugin(kPlugins / "echo.so")) == Words{"helper.missing"});
}

TEST_CASE("a plugin that takes symbols from its host is told so, and not run") {
  const Verification found = verify_plugin(kZoo / "zoo-host-import.so");
  CHECK(reasons(found) == Words{"abi.imports"});
  CHECK(found.problems[0].message.find("execlet_version") != std::string::npos);
  CHECK_FALSE(found.not_tried.empty());
}

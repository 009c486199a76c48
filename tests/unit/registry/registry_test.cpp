// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

#include "../loader/elf_bytes.h"
#include "catch.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ElfBytes;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

const fs::path kPlugins = EXECLET_TEST_PLUGIN_DIR;
const fs::path kZoo = EXECLET_TEST_ZOO_DIR;

std::string manifest(const std::string &name, const std::string &version = "1.0") {
  return R"({"manifest_version": 1, "name": ")" + name + R"(", "version": ")" + version +
         R"(", "abi": {"major": 1, "min_minor": 0}, "capabilities": {"isolation": "none", "state": "none",
         "reset": "none", "languages": ["text"]}})";
}

std::string plugin(const std::string &name, const std::string &version = "1.0") {
  return ElfBytes(manifest(name, version)).bytes();
}

Registry registry_of(std::initializer_list<fs::path> directories) {
  std::vector<SearchDirectory> list;
  for (const fs::path &directory : directories) list.push_back({directory, "--plugin-dir"});
  return Registry(std::move(list));
}

const Candidate &candidate(const std::vector<DirectoryReport> &reports, const fs::path &file) {
  for (const DirectoryReport &report : reports)
    for (const Candidate &one : report.candidates)
      if (one.file == file) return one;
  FAIL("no candidate " << file);
  throw 0;
}

bool has_candidate(const std::vector<DirectoryReport> &reports, const fs::path &file) {
  for (const DirectoryReport &report : reports)
    for (const Candidate &one : report.candidates)
      if (one.file == file) return true;
  return false;
}

}  // namespace

TEST_CASE("plugins lie flat or in sub-directories, whatever their files are called") {
  const TempDir dir;
  dir.write("a.so", plugin("alpha"));
  dir.write("beta/anything.so", plugin("beta"));
  dir.write("beta/libprivate.so", ElfBytes("{}", "f", ".other").bytes());
  dir.write("beta/data/deep.so", plugin("too-deep"));
  dir.write(".hidden.so", plugin("hidden"));
  dir.write("half-copied.so.part", plugin("part"));
  dir.write("notes.txt", "notes");
  Registry registry = registry_of({dir.path()});
  CHECK(registry.manifest("alpha"));
  CHECK(registry.manifest("beta"));
  CHECK_FALSE(registry.manifest("hidden"));
  CHECK_FALSE(registry.manifest("too-deep"));
  CHECK(registry.report().at(0).candidates.size() == 2);
}

TEST_CASE("a library without a manifest is listed unless it is the data of a plugin") {
  const TempDir dir;
  const std::string library = ElfBytes("{}", "f", ".other").bytes();
  dir.write("flat.so", library);
  dir.write("alone/lib.so", library);
  Registry registry = registry_of({dir.path()});
  CHECK(candidate(registry.report(), dir.path() / "flat.so").reason == "manifest.missing");
  CHECK(candidate(registry.report(), dir.path() / "alone/lib.so").reason == "manifest.missing");
}

TEST_CASE("the first directory wins and the later plugin says who shadows it") {
  const TempDir dir;
  const fs::path first = dir.write("1/x.so", plugin("same", "1"));
  const fs::path second = dir.write("2/y.so", plugin("same", "2"));
  dir.write("2/other.so", plugin("other"));
  Registry registry = registry_of({dir.path() / "1", dir.path() / "2"});
  CHECK(registry.manifest("same")->version == "1");
  CHECK(registry.manifest("other"));
  CHECK(candidate(registry.report(), first).state == Candidate::State::kUsable);
  const Candidate shadowed = candidate(registry.report(), second);
  CHECK(shadowed.state == Candidate::State::kShadowed);
  CHECK(shadowed.reason == "registry.shadowed");
  CHECK_THAT(shadowed.message, Catch::Contains(first.string()));
}

TEST_CASE("a refused plugin hides none of the same name in a later directory") {
  const TempDir dir;
  dir.write("1/x.so", plugin("same", "1").substr(0, 300));
  dir.write("2/x.so", plugin("same", "2"));
  Registry registry = registry_of({dir.path() / "1", dir.path() / "2"});
  CHECK(registry.manifest("same")->version == "2");
}

TEST_CASE("two plugins of one name in one directory are both refused and name each other") {
  const TempDir dir;
  const fs::path one = dir.write("1/a.so", plugin("same"));
  const fs::path two = dir.write("1/sub/b.so", plugin("same"));
  dir.write("2/c.so", plugin("same", "2"));
  Registry registry = registry_of({dir.path() / "1"});
  CHECK(candidate(registry.report(), one).reason == "registry.duplicate");
  CHECK_THAT(candidate(registry.report(), one).message, Catch::Contains(two.string()));
  CHECK(candidate(registry.report(), two).reason == "registry.duplicate");
  CHECK_THAT(candidate(registry.report(), two).message, Catch::Contains(one.string()));
  Result<Manifest> none = registry.manifest("same");
  REQUIRE_FALSE(none);
  CHECK(none.failure().reason == "registry.duplicate");
  CHECK(none.failure().status == EXECLET_UNAVAILABLE);

  Registry both = registry_of({dir.path() / "1", dir.path() / "2"});
  CHECK(both.manifest("same")->version == "2");
}

TEST_CASE("a link to a plugin of the same directory is no second plugin, one out of it is refused") {
  const TempDir dir;
  dir.write("p/real.so", plugin("real"));
  fs::create_symlink("real.so", dir.path() / "p/alias.so");
  dir.write("elsewhere/out.so", plugin("out"));
  fs::create_symlink("../elsewhere/out.so", dir.path() / "p/out.so");
  fs::create_directory_symlink("../elsewhere", dir.path() / "p/linked");
  Registry registry = registry_of({dir.path() / "p"});
  CHECK(registry.manifest("real"));
  CHECK_FALSE(has_candidate(registry.report(), dir.path() / "p/alias.so"));
  CHECK(candidate(registry.report(), dir.path() / "p/out.so").reason == "trust.symlink");
  CHECK(candidate(registry.report(), dir.path() / "p/linked").reason == "trust.symlink");
}

TEST_CASE("bad files of every kind are listed with their reason and harm no other") {
  const TempDir dir;
  const std::string whole = execlet::test::read_whole_file(kPlugins / "echo.so");
  REQUIRE(whole.size() > 12000);
  dir.write("empty.so", "");
  dir.write("text.so", "hello\n");
  dir.write("cut-64.so", whole.substr(0, 64));
  dir.write("cut-700.so", whole.substr(0, 700));
  dir.write("cut-12000.so", whole.substr(0, 12000));
  dir.write("cut-last.so", whole.substr(0, whole.size() - 1));
  std::string arm = whole;
  arm[18] = static_cast<char>(EM_ARM);
  arm[19] = 0;
  dir.write("arm.so", arm);
  fs::copy_file(kZoo / "zoo-no-entry.so", dir.path() / "no-entry.so");
  dir.write("v2.so", ElfBytes(manifest("v2"), "execlet_plugin_entry_v2").bytes());
  dir.write("not-json.so", ElfBytes("not json").bytes());
  dir.write("slash.so", plugin("a/b"));
  dir.write("upper.so", plugin("Upper"));
  dir.write("pinned.so", plugin("pinned"));
  dir.write("pinned.so.sha256", std::string(64, '0') + "  pinned.so\n");
  REQUIRE(chmod(dir.write("open.so", plugin("open")).c_str(), 0666) == 0);
  REQUIRE(mkfifo((dir.path() / "fifo.so").c_str(), 0600) == 0);
  REQUIRE(chmod(dir.write("open-dir/x.so", plugin("x")).parent_path().c_str(), 0777) == 0);
  dir.write("good.so", whole);

  Registry registry = registry_of({dir.path()});
  REQUIRE(registry.manifest("echo"));
  const auto reason = [&](const char *file) { return candidate(registry.report(), dir.path() / file).reason; };
  CHECK(reason("empty.so") == "elf.not-elf");
  CHECK(reason("text.so") == "elf.not-elf");
  CHECK(reason("cut-64.so") == "elf.truncated");
  CHECK(reason("cut-700.so") == "elf.truncated");
  CHECK(reason("cut-12000.so") == "elf.truncated");
  CHECK(reason("cut-last.so") == "elf.truncated");
  CHECK(reason("arm.so") == "elf.machine");
  CHECK(reason("no-entry.so") == "abi.entry");
  CHECK(reason("v2.so") == "abi.major");
  CHECK(reason("not-json.so") == "manifest.malformed");
  CHECK(reason("slash.so") == "manifest.name");
  CHECK(reason("upper.so") == "manifest.name");
  CHECK(reason("pinned.so") == "trust.digest");
  CHECK(reason("open.so") == "trust.world-writable");
  CHECK(reason("fifo.so") == "trust.not-regular");
  CHECK(reason("open-dir") == "trust.world-writable");
  const std::vector<DirectoryReport> reports = registry.report();
  for (const Candidate &one : reports.at(0).candidates) {
    INFO(one.file);
    if (one.state == Candidate::State::kRefused) CHECK_THAT(one.message, Catch::Contains(one.file.string()));
  }
}

TEST_CASE("a directory that cannot be trusted or read is skipped as a whole, with the reason") {
  const TempDir dir;
  REQUIRE(chmod(dir.write("open/x.so", plugin("x")).parent_path().c_str(), 0777) == 0);
  dir.write("file", "no directory");
  dir.write("good/x.so", plugin("x", "2"));
  Registry registry = registry_of({dir.path() / "open", dir.path() / "none", dir.path() / "file", dir.path() / "good"});
  CHECK(registry.manifest("x")->version == "2");
  const std::vector<DirectoryReport> reports = registry.report();
  CHECK(reports.at(0).exists);
  CHECK_THAT(reports.at(0).refusal, Catch::Contains("can be written by everyone"));
  CHECK(reports.at(0).candidates.empty());
  CHECK_FALSE(reports.at(1).exists);
  CHECK(reports.at(1).refusal.empty());
  CHECK_THAT(reports.at(2).refusal, Catch::Contains("is not a directory"));
}

TEST_CASE("a directory that a group can write to is used with one warning") {
  const TempDir dir;
  for (const char *name : {"p/a.so", "p/sub/b.so", "p/more/c.so"}) dir.write(name, plugin(fs::path(name).stem()));
  REQUIRE(chmod((dir.path() / "p").c_str(), 0775) == 0);
  Registry registry = registry_of({dir.path() / "p"});
  CHECK(registry.manifest("a"));
  REQUIRE(registry.report().at(0).warnings.size() == 1);
  CHECK_THAT(registry.report().at(0).warnings[0], Catch::Contains((dir.path() / "p").string()));
}

TEST_CASE("an unknown name says where it was looked for, what is near, and what is known") {
  const TempDir dir;
  dir.write("a.so", plugin("local"));
  dir.write("b.so", plugin("docker"));
  Registry registry = registry_of({dir.path(), dir.path() / "none"});
  Result<Manifest> missing = registry.manifest("locl");
  REQUIRE_FALSE(missing);
  CHECK(missing.failure().status == EXECLET_INVALID_REQUEST);
  CHECK(missing.failure().reason == "registry.unknown");
  CHECK_THAT(missing.failure().message,
             Catch::Contains("no backend \"locl\"") && Catch::Contains("did you mean \"local\"?") &&
                 Catch::Contains(dir.path().string() + " (--plugin-dir)") &&
                 Catch::Contains("none (--plugin-dir; does not exist)") && Catch::Contains("Known: docker, local"));
  CHECK_THAT(missing.failure().details_json, Catch::Contains("\"nearest\":\"local\""));

  CHECK(registry.manifest("../../etc/passwd").failure().reason == "registry.unknown");
  CHECK(registry.load("").failure().reason == "registry.unknown");
  Registry nothing = registry_of({});
  CHECK_THAT(nothing.manifest("local").failure().message, Catch::Contains("No backend was found at all"));
}

TEST_CASE("a name whose file was refused says why, by the manifest's name or the file's") {
  const TempDir dir;
  dir.write("broken.so", "not a library");
  REQUIRE(chmod(dir.write("x.so", plugin("open")).c_str(), 0666) == 0);
  Registry registry = registry_of({dir.path()});
  for (const auto &[name, reason] : {std::pair("broken", "elf.not-elf"), std::pair("open", "trust.world-writable")}) {
    Result<Manifest> refused = registry.manifest(name);
    REQUIRE_FALSE(refused);
    CHECK(refused.failure().status == EXECLET_UNAVAILABLE);
    CHECK(refused.failure().reason == reason);
    CHECK_THAT(refused.failure().message, Catch::Contains("was found but cannot be used"));
  }
}

TEST_CASE("a new file is seen at the next unknown name, other changes at rescan") {
  const TempDir dir;
  dir.write("a.so", plugin("alpha", "1"));
  Registry registry = registry_of({dir.path()});
  CHECK(registry.manifest("alpha")->version == "1");
  dir.write("a.so", plugin("alpha", "2"));
  CHECK(registry.manifest("alpha")->version == "1");
  dir.write("b.so", plugin("beta"));
  CHECK(registry.manifest("beta"));
  dir.write("a.so", plugin("alpha", "3"));
  registry.rescan();
  CHECK(registry.manifest("alpha")->version == "3");
}

TEST_CASE("a name that was loaded keeps its library and manifest") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  dir.write("p/echo.so", execlet::test::read_whole_file(kPlugins / "echo.so"));
  Registry registry = registry_of({dir.path() / "p"});
  Result<const PluginLibrary *> library = registry.load("echo");
  REQUIRE(library);
  CHECK((*library)->table().name == std::string("echo"));
  const std::string version = registry.manifest("echo")->version;
  fs::remove(dir.path() / "p/echo.so");
  dir.write("p/echo.so", plugin("echo", "9.9"));
  registry.rescan();
  CHECK(registry.manifest("echo")->version == version);
  CHECK(*registry.load("echo") == *library);
}

TEST_CASE("a plugin that was upgraded or moved between discovery and first use is found again") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  const std::string echo = execlet::test::read_whole_file(kPlugins / "echo.so");
  dir.write("p/echo.so", plugin("echo", "0.9"));
  Registry upgraded = registry_of({dir.path() / "p"});
  CHECK(upgraded.manifest("echo")->version == "0.9");
  dir.write("p/.new", echo);
  fs::rename(dir.path() / "p/.new", dir.path() / "p/echo.so");
  CHECK(upgraded.load("echo"));
  CHECK(upgraded.manifest("echo")->version == "1.0.0");

  dir.write("q/echo.so", echo);
  Registry moved = registry_of({dir.path() / "q"});
  CHECK(moved.manifest("echo"));
  fs::create_directory(dir.path() / "q/sub");
  fs::rename(dir.path() / "q/echo.so", dir.path() / "q/sub/echo.so");
  CHECK(moved.load("echo"));

  Registry gone = registry_of({dir.path() / "q"});
  CHECK(gone.manifest("echo"));
  fs::remove(dir.path() / "q/sub/echo.so");
  CHECK(gone.load("echo").failure().reason == "registry.unknown");
}

TEST_CASE("one that cannot be loaded fails at its first use and takes nothing with it") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  for (const char *name : {"zoo-crash-on-load", "zoo-good"})
    dir.write(std::string("p/") + name + ".so", execlet::test::read_whole_file(kZoo / (std::string(name) + ".so")));
  Registry registry = registry_of({dir.path() / "p"});
  CHECK(registry.manifest("zoo-crash-on-load"));
  CHECK(registry.load("zoo-crash-on-load").failure().reason == "probe.crash");
  CHECK(registry.load("zoo-good"));
}

TEST_CASE("the search path has its order, absolute paths and no directory twice") {
  const TempDir dir;
  const ScopedEnv path("EXECLET_PLUGIN_PATH", "/from/env::/twice:relative");
  const ScopedEnv data("XDG_DATA_HOME", "/data");
  const std::vector<SearchDirectory> found = plugin_search_path({"/explicit/", "/twice"}, {"/config", "/explicit"});
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const SearchDirectory &one : found) names.push_back(one.path.string() + " " + one.origin);
  REQUIRE(names.size() >= 7);
  CHECK(names[0] == "/explicit --plugin-dir");
  CHECK(names[1] == "/twice --plugin-dir");
  CHECK(names[2] == "/config config plugin_dirs");
  CHECK(names[3] == "/from/env EXECLET_PLUGIN_PATH");
  CHECK(names[4] == (fs::current_path() / "relative").string() + " EXECLET_PLUGIN_PATH");
  CHECK(names[5] == "/data/execlet/plugins user data directory");
  CHECK(names[6] == "/usr/local/lib/execlet/plugins local administrator");

  const ScopedEnv no_path("EXECLET_PLUGIN_PATH", nullptr);
  const ScopedEnv relative("XDG_DATA_HOME", "relative");
  const ScopedEnv home("HOME", "/home/x");
  CHECK(plugin_search_path({}, {}).at(0).path == "/home/x/.local/share/execlet/plugins");
}

TEST_CASE("a hundred plugins are discovered in little time and memory") {
  const TempDir dir;
  const std::string whole = execlet::test::read_whole_file(kPlugins / "echo.so");
  const std::size_t at = whole.find("\"name\": \"echo\"");
  REQUIRE(at != std::string::npos);
  for (int i = 0; i < 100; ++i) {
    std::string copy = whole;
    const std::string name = "e" + std::to_string(100 + i);
    for (std::size_t found = at; found != std::string::npos; found = copy.find("\"name\": \"echo\"", found))
      copy.replace(found + 9, 4, name);
    dir.write(name + ".so", copy);
  }
  rusage before = {};
  getrusage(RUSAGE_SELF, &before);
  const auto begin = std::chrono::steady_clock::now();
  Registry registry = registry_of({dir.path()});
  REQUIRE(registry.manifest("e142"));
  const auto taken = std::chrono::steady_clock::now() - begin;
  rusage after = {};
  getrusage(RUSAGE_SELF, &after);
  WARN("discovery of 100 plugins: " << std::chrono::duration_cast<std::chrono::microseconds>(taken).count() << " us, "
                                    << (after.ru_maxrss - before.ru_maxrss) << " KB");
  CHECK(taken < std::chrono::seconds(1));
  CHECK(after.ru_maxrss - before.ru_maxrss < 8 * 1024);
}

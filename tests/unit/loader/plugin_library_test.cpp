// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin_library.h"

#include <sys/stat.h>

#include <thread>
#include <vector>

#include "catch.h"
#include "loader/plugin_file.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

const fs::path kZoo = EXECLET_TEST_ZOO_DIR;
const fs::path kPlugins = EXECLET_TEST_PLUGIN_DIR;

// A directory with copies; libraries stay mapped, so every test needs files of its own.
class PluginDir {
 public:
  fs::path add(const fs::path &from, const std::string &as) {
    fs::copy_file(from, dir_.path() / as, fs::copy_options::overwrite_existing);
    return dir_.path() / as;
  }
  const fs::path &path() const { return dir_.path(); }

 private:
  TempDir dir_;
  ScopedEnv cache_{"XDG_CACHE_HOME", dir_.path().c_str()};
};

Manifest manifest_of(const fs::path &path) {
  Result<RegularFile> file = RegularFile::open(path);
  REQUIRE(file);
  Result<Manifest> manifest = read_plugin_file(*file);
  REQUIRE(manifest);
  return *std::move(manifest);
}

Failure refusal_of(const std::string &name) {
  PluginDir dir;
  const fs::path file = dir.add(kZoo / (name + ".so"), name + ".so");
  Result<const PluginLibrary *> library = PluginLibrary::load(file, manifest_of(file));
  REQUIRE_FALSE(library);
  CHECK(library.failure().status == EXECLET_UNAVAILABLE);
  CHECK_THAT(library.failure().message, Catch::Contains(name + ".so"));
  return library.failure();
}

}  // namespace

TEST_CASE("plugins in C, by g++ and by clang with libc++ are loaded side by side") {
  PluginDir dir;
  for (const std::string name : {"echo", "upper", "upper-clang"}) {
    const fs::path file = dir.add(kPlugins / (name + ".so"), name + ".so");
    Result<const PluginLibrary *> library = PluginLibrary::load(file, manifest_of(file));
    REQUIRE(library);
    CHECK((*library)->table().name == name);
    CHECK((*library)->file() == file);
  }
}

TEST_CASE("a library is loaded once, by whatever path and on however many threads") {
  PluginDir dir;
  const fs::path file = dir.add(kPlugins / "echo.so", "echo.so");
  fs::create_hard_link(file, dir.path() / "again.so");
  fs::create_symlink("echo.so", dir.path() / "link.so");
  const Manifest manifest = manifest_of(file);
  std::vector<const PluginLibrary *> loaded(8, nullptr);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < loaded.size(); ++i)
    threads.emplace_back([&, i] {
      const char *const names[] = {"echo.so", "again.so", "link.so"};
      Result<const PluginLibrary *> library = PluginLibrary::load(dir.path() / names[i % 3], manifest);
      if (library) loaded[i] = *library;
    });
  for (std::thread &thread : threads) thread.join();
  REQUIRE(loaded[0] != nullptr);
  for (const PluginLibrary *library : loaded) CHECK(library == loaded[0]);
}

TEST_CASE("a plugin that would harm its host never gets into it") {
  CHECK(refusal_of("zoo-crash-on-load").reason == "probe.crash");
  CHECK(refusal_of("zoo-exit-on-load").reason == "probe.ended");
  CHECK(refusal_of("zoo-print-on-load").reason == "probe.output");
  CHECK(refusal_of("zoo-null-table").reason == "table.missing");
  CHECK(refusal_of("zoo-fail-in-init").reason == "zoo.no-licence");
  CHECK(refusal_of("zoo-missing-dependency").reason == "load.dependency");
}

TEST_CASE("a table that disagrees with the manifest is refused") {
  CHECK(refusal_of("zoo-other-name").reason == "manifest.mismatch");
  CHECK(refusal_of("zoo-other-manifest").reason == "manifest.mismatch");
  CHECK(refusal_of("zoo-no-reset").reason == "table.function");
  CHECK_THAT(refusal_of("zoo-no-reset").message, Catch::Contains("instance_reset"));
}

TEST_CASE("a bad verdict holds for that file in this process, until the file is another") {
  PluginDir dir;
  const fs::path file = dir.add(kZoo / "zoo-crash-on-load.so", "x.so");
  const Manifest bad = manifest_of(file);
  CHECK(PluginLibrary::load(file, bad).failure().reason == "probe.crash");
  {
    const ScopedEnv nowhere("EXECLET_LIBEXEC_DIR", "/nonexistent");
    CHECK(PluginLibrary::load(file, bad).failure().reason == "probe.crash");
  }
  dir.add(kZoo / "zoo-good.so", "x.so.new");
  fs::rename(dir.path() / "x.so.new", file);
  CHECK(PluginLibrary::load(file, manifest_of(file)));
}

TEST_CASE("a dependency that was installed meanwhile is found") {
  PluginDir dir;
  const fs::path file = dir.add(kZoo / "zoo-crash-on-load.so", "x.so");
  CHECK(PluginLibrary::load(file, manifest_of(kZoo / "zoo-good.so")).failure().reason == "manifest.mismatch");
  dir.add(kZoo / "zoo-good.so", "x.so");
  CHECK(PluginLibrary::load(file, manifest_of(file)));
}

TEST_CASE("a file that was replaced after it was loaded stays what it was for this process") {
  PluginDir dir;
  const fs::path file = dir.add(kPlugins / "echo.so", "x.so");
  const Manifest old = manifest_of(file);
  Result<const PluginLibrary *> first = PluginLibrary::load(file, old);
  REQUIRE(first);
  dir.add(kPlugins / "upper.so", "x.so.new");
  fs::rename(dir.path() / "x.so.new", file);
  Result<const PluginLibrary *> again = PluginLibrary::load(file, old);
  REQUIRE(again);
  CHECK(*again == *first);
  CHECK(PluginLibrary::load(file, manifest_of(file)).failure().reason == "load.replaced");
}

TEST_CASE("a library is not loaded from where others could have put it") {
  PluginDir dir;
  const fs::path file = dir.add(kPlugins / "echo.so", "echo.so");
  const Manifest manifest = manifest_of(file);
  REQUIRE(chmod(file.c_str(), 0666) == 0);
  CHECK(PluginLibrary::load(file, manifest).failure().reason == "trust.world-writable");
  REQUIRE(chmod(file.c_str(), 0644) == 0);
  REQUIRE(chmod(dir.path().c_str(), 0777) == 0);
  CHECK(PluginLibrary::load(file, manifest).failure().reason == "trust.world-writable");
  REQUIRE(chmod(dir.path().c_str(), 0700) == 0);
  CHECK(PluginLibrary::load(file, manifest));
}

TEST_CASE("a library cut off after it was found is refused, not mapped") {
  PluginDir dir;
  const fs::path file = dir.add(kPlugins / "echo.so", "echo.so");
  const Manifest manifest = manifest_of(file);
  const std::uintmax_t whole = fs::file_size(file);
  for (const std::uintmax_t size : {std::uintmax_t{0}, std::uintmax_t{64}, std::uintmax_t{700}, std::uintmax_t{4096},
                                    std::uintmax_t{12000}, whole / 2, whole - 1}) {
    dir.add(kPlugins / "echo.so", "echo.so");
    fs::resize_file(file, size);
    INFO("cut to " << size << " of " << whole);
    Result<const PluginLibrary *> library = PluginLibrary::load(file, manifest);
    REQUIRE_FALSE(library);
    CHECK((library.failure().reason == "elf.truncated" || (size == 0 && library.failure().reason == "elf.not-elf")));
  }
}

TEST_CASE("without the probe program nothing unknown is loaded") {
  PluginDir dir;
  const fs::path file = dir.add(kPlugins / "echo.so", "echo.so");
  const ScopedEnv nowhere("EXECLET_LIBEXEC_DIR", "/nonexistent");
  Result<const PluginLibrary *> library = PluginLibrary::load(file, manifest_of(file));
  REQUIRE_FALSE(library);
  CHECK(library.failure().reason == "helper.missing");
  CHECK_THAT(library.failure().message, Catch::Contains("/nonexistent/execlet-probe"));
}

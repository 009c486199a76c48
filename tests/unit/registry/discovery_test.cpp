// SPDX-License-Identifier: Apache-2.0
//
// Discovery among strange files, and while files come and go.
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../loader/elf_bytes.h"
#include "catch.h"
#include "registry/registry.h"
#include "runtime/runtime_json.h"
#include "scoped_env.h"
#include "temp_dir.h"
#include "values/text.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ElfBytes;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

const fs::path kPlugins = EXECLET_TEST_PLUGIN_DIR;
const fs::path kZoo = EXECLET_TEST_ZOO_DIR;

std::string plugin(const std::string &name) {
  return ElfBytes(R"({"manifest_version": 1, "name": ")" + name + R"(", "version": "1", "abi": {"major": 1,
      "min_minor": 0}, "capabilities": {"isolation": "none", "state": "none", "reset": "none", "languages": ["text"]}})")
      .bytes();
}

Registry registry_of(const fs::path &directory) {
  return Registry({{directory, "test"}});
}

const Candidate *candidate(const std::vector<DirectoryReport> &reports, const fs::path &file) {
  for (const DirectoryReport &report : reports)
    for (const Candidate &one : report.candidates)
      if (one.file == file) return &one;
  return nullptr;
}

// Files are opened as this user would, in this thread, until the end of the scope. Without effect unless root.
class AsNobody {
 public:
  AsNobody() { setfsuid(65534); }
  AsNobody(const AsNobody &) = delete;
  AsNobody &operator=(const AsNobody &) = delete;
  ~AsNobody() { setfsuid(geteuid()); }
};

}  // namespace

TEST_CASE("Names of every kind are read, and told in JSON that is whole") {
  const TempDir dir;
  const std::vector<std::string> names = {
      "a\nb.so",  "\xff\xfe.so", std::string(252, 'x') + ".so", " .so", "-rf.so", "\"quoted\".so", "\\.so", "a.b.c.so",
      "tab\t.so", "\xc3\xa4.so"};
  for (std::size_t i = 0; i < names.size(); ++i) dir.write(names[i], plugin("p" + std::to_string(i)));
  dir.write("bad\n\xff.so", "not a library");
  Registry registry = registry_of(dir.path());
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    CHECK(registry.manifest("p" + std::to_string(i)));
  }
  const std::string json = plugins_json(registry);
  CHECK(is_utf8(json));
  CHECK_THAT(json, Catch::Contains(R"(a\nb.so)") && Catch::Contains(R"(\"quoted\".so)"));
}

TEST_CASE("What is no regular file is refused without being opened") {
  const TempDir dir;
  dir.write("good.so", plugin("good"));
  REQUIRE(mkfifo((dir.path() / "fifo.so").c_str(), 0600) == 0);
  fs::create_symlink("/dev/zero", dir.path() / "device.so");
  fs::create_symlink("nowhere.so", dir.path() / "dangling.so");
  fs::create_symlink("loop.so", dir.path() / "loop.so");
  fs::create_directory(dir.path() / "directory.so");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string socket_path = (dir.path() / "socket.so").string();
  REQUIRE(socket_path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(bind(listening, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0);

  Registry registry = registry_of(dir.path());
  CHECK(registry.manifest("good"));
  const std::vector<DirectoryReport> reports = registry.report();
  const auto reason = [&](const char *file) {
    const Candidate *found = candidate(reports, dir.path() / file);
    return found != nullptr ? found->reason : "not listed";
  };
  CHECK(reason("fifo.so") == "trust.not-regular");
  CHECK(reason("socket.so") == "trust.not-regular");
  CHECK(reason("device.so") == "trust.symlink");
  CHECK(reason("dangling.so") == "file.unreadable");
  CHECK(reason("loop.so") == "file.unreadable");
  CHECK(reason("directory.so") == "not listed");  // a directory like others, with nothing in it
  close(listening);
}

TEST_CASE("Files and directories that cannot be read are told, and hide no other") {
  const TempDir dir;
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  REQUIRE(chmod(dir.write("p/good.so", plugin("good")).c_str(), 0644) == 0);
  REQUIRE(chmod(dir.write("p/unreadable.so", plugin("unreadable")).c_str(), 0000) == 0);
  const fs::path closed = dir.write("p/closed/x.so", plugin("x")).parent_path();
  REQUIRE(chmod((dir.path() / "p").c_str(), 0755) == 0);
  REQUIRE(chmod(closed.c_str(), 0000) == 0);
  {
    const AsNobody nobody;
    Registry registry = registry_of(dir.path() / "p");
    CHECK(registry.manifest("good"));
    const std::vector<DirectoryReport> reports = registry.report();
    const Candidate *file = candidate(reports, dir.path() / "p/unreadable.so");
    REQUIRE(file != nullptr);
    CHECK(file->reason == "file.unreadable");
    CHECK_THAT(file->message, Catch::Contains("Permission denied"));
    const Candidate *directory = candidate(reports, closed);
    REQUIRE(directory != nullptr);
    CHECK(directory->reason == "file.unreadable");

    Registry whole = registry_of(closed);
    CHECK_FALSE(whole.manifest("x"));
    CHECK_THAT(whole.report().at(0).refusal, Catch::Contains("Permission denied"));
  }
  REQUIRE(chmod(closed.c_str(), 0700) == 0);
}

TEST_CASE("A plugin directory that is a link is judged and used by where it leads") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  dir.write("real/good.so", execlet::test::read_whole_file(kZoo / "zoo-good.so"));
  fs::create_directory_symlink("real", dir.path() / "link");
  Registry registry = registry_of(dir.path() / "link");
  CHECK(registry.load("zoo-good"));
  REQUIRE(chmod((dir.path() / "real").c_str(), 0777) == 0);
  Registry open = registry_of(dir.path() / "link");
  CHECK_FALSE(open.manifest("zoo-good"));
  CHECK_THAT(open.report().at(0).refusal, Catch::Contains("can be written by everyone"));
}

TEST_CASE("Files come and go while many threads look for plugins") {
  const TempDir dir;
  dir.write("stays.so", plugin("stays"));
  Registry registry = registry_of(dir.path());
  std::atomic<bool> over = false;
  std::atomic<int> missing = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      while (!over) {
        if (!registry.manifest("stays")) ++missing;
        if (i == 0) registry.rescan();
        if (i == 1) (void)registry.manifest("never-there");
        if (i == 2) (void)plugins_json(registry);
      }
    });
  for (int round = 0; round < 100; ++round) {
    const std::string name = "p" + std::to_string(round);
    dir.write(".new", plugin(name));
    fs::rename(dir.path() / ".new", dir.path() / (name + ".so"));
    CHECK(registry.manifest(name));
    fs::remove(dir.path() / (name + ".so"));
  }
  over = true;
  for (std::thread &thread : threads) thread.join();
  CHECK(missing == 0);
}

TEST_CASE("What could not be loaded is told with its reason, until it can be or all is looked at again") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  const fs::path file = dir.write("p/x.so", execlet::test::read_whole_file(kZoo / "zoo-crash-in-init.so"));
  Registry registry = registry_of(dir.path() / "p");
  CHECK(candidate(registry.report(), file)->state == Candidate::State::kUsable);
  CHECK(registry.load("zoo-crash-in-init").failure().reason == "probe.crash");
  const std::vector<DirectoryReport> reports = registry.report();
  CHECK(candidate(reports, file)->state == Candidate::State::kRefused);
  CHECK(candidate(reports, file)->reason == "probe.crash");
  CHECK_THAT(candidate(reports, file)->message, Catch::Contains("SIGABRT"));
  CHECK_THAT(plugins_json(registry), Catch::Contains("probe.crash"));
  CHECK(registry.load("zoo-crash-in-init").failure().reason == "probe.crash");
  registry.rescan();
  CHECK(candidate(registry.report(), file)->state == Candidate::State::kUsable);
}

TEST_CASE("A plugin is loaded whatever the state of the cache") {
  const TempDir dir;
  const std::string good = execlet::test::read_whole_file(kZoo / "zoo-good.so");
  int round = 0;
  const auto loads = [&] {
    const std::string directory = "p" + std::to_string(round++);
    dir.write(directory + "/x.so", good);
    return registry_of(dir.path() / directory).load("zoo-good").ok();
  };
  SECTION("no home at all") {
    const ScopedEnv cache("XDG_CACHE_HOME", nullptr);
    const ScopedEnv home("HOME", nullptr);
    CHECK(loads());
  }
  SECTION("a home that is none") {
    const ScopedEnv cache("XDG_CACHE_HOME", nullptr);
    const ScopedEnv home("HOME", "/nonexistent");
    CHECK(loads());
  }
  SECTION("a cache that is a file") {
    const ScopedEnv cache("XDG_CACHE_HOME", dir.write("file", "").c_str());
    CHECK(loads());
  }
  SECTION("a cache that others can write to") {
    fs::create_directories(dir.path() / "c/execlet/probe");
    REQUIRE(chmod((dir.path() / "c/execlet/probe").c_str(), 0777) == 0);
    const ScopedEnv cache("XDG_CACHE_HOME", (dir.path() / "c").c_str());
    CHECK(loads());
  }
  SECTION("entries that are rubbish") {
    const ScopedEnv cache("XDG_CACHE_HOME", (dir.path() / "c").c_str());
    CHECK(loads());
    for (const auto &entry : fs::directory_iterator(dir.path() / "c/execlet/probe"))
      dir.write(entry.path(), std::string(1000, '\0'));
    CHECK(loads());
    for (const auto &entry : fs::directory_iterator(dir.path() / "c/execlet/probe")) {
      fs::remove(entry.path());
      fs::create_directory(entry.path());
    }
    CHECK(loads());
  }
}

TEST_CASE("Many threads that load one unknown plugin at once all get it") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  dir.write("p/x.so", execlet::test::read_whole_file(kZoo / "zoo-good.so"));
  std::vector<std::thread> threads;
  std::atomic<int> loaded = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      if (registry_of(dir.path() / "p").load("zoo-good")) ++loaded;
    });
  for (std::thread &thread : threads) thread.join();
  CHECK(loaded == 4);
}

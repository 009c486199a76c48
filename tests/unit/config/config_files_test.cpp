// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>

#include "catch.h"
#include "config/config.h"
#include "scoped_env.h"
#include "temp_dir.h"

using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char *kGood = R"({"executors": {"a": {"backend": "x"}}})";

// Works in a directory of its own, with a home of its own, until the end of the test.
class Place {
 public:
  Place()
      : before_(fs::current_path()),
        home_("HOME", (directory.path() / "home").c_str()),
        xdg_("XDG_CONFIG_HOME", nullptr),
        config_("EXECLET_CONFIG", nullptr) {
    fs::create_directories(directory.path() / "work");
    fs::current_path(directory.path() / "work");
  }
  ~Place() { fs::current_path(before_); }

  TempDir directory;

 private:
  fs::path before_;
  ScopedEnv home_, xdg_, config_;
};

Failure search_failure() {
  const auto found = Config::search();
  REQUIRE_FALSE(found);
  CHECK(found.failure().status == EXECLET_INVALID_REQUEST);
  return found.failure();
}

}  // namespace

TEST_CASE("a named file is read, and paths in it are relative to it") {
  const TempDir directory;
  const fs::path file =
      directory.write("sub/c.json", R"({"plugin_dirs": ["p"], "executors": {"a": {"backend": "x"}}})");
  const auto config = Config::from_file(file);
  REQUIRE(config);
  CHECK(config->source == file);
  CHECK(config->plugin_dirs == std::vector<std::string>{(directory.path() / "sub/p").string()});
  CHECK(config->executors.at("a").base_dir == directory.path() / "sub");
}

TEST_CASE("errors in a file name it, with line and pointer") {
  const TempDir directory;
  const fs::path file = directory.write("c.json", "{\n\"defualt\": 1}");
  const auto config = Config::from_file(file);
  REQUIRE_FALSE(config);
  CHECK(config.failure().message == file.string() + ":2: /defualt: unknown key \"defualt\"; did you mean \"default\"?");
  const json::value details = json::parse(config.failure().details_json);
  CHECK(details.at("file") == json::value(file.c_str()));
  CHECK(details.at("line") == json::value(2));
  CHECK(details.at("pointer") == json::value("/defualt"));

  const auto syntax = Config::from_file(directory.write("s.json", "{\n]"));
  REQUIRE_FALSE(syntax);
  CHECK(json::parse(syntax.failure().details_json).at("file") == json::value((directory.path() / "s.json").c_str()));
  CHECK(syntax.failure().message.find("s.json:2:1: syntax error") != std::string::npos);
}

TEST_CASE("what others find wrong in an executor gets its place in the file") {
  const TempDir directory;
  const fs::path file =
      directory.write("c.json", "{\"executors\": {\"a\": {\n\"backend\": \"lcal\",\n\"options\": {\n\"b\": [1]}}}}");
  const auto config = Config::from_file(file);
  REQUIRE(config);
  const ExecutorConfig &executor = config->executors.at("a");
  const Failure backend = placed_in_config(
      executor, "/backend", {EXECLET_INVALID_REQUEST, "registry.unknown", "there is none", R"({"nearest": "local"})"});
  CHECK(backend.reason == "registry.unknown");
  CHECK(backend.message == file.string() + ":2: /executors/a/backend: there is none");
  json::value details = json::parse(backend.details_json);
  CHECK(details.at("nearest") == json::value("local"));
  CHECK(details.at("line") == json::value(2));
  const Failure option =
      placed_in_config(executor, "/options", {EXECLET_INVALID_REQUEST, "x", "/b/0: bad", R"({"pointer": "/b/0"})"});
  CHECK(option.message == file.string() + ":4: /executors/a/options/b/0: bad");
  CHECK(json::parse(option.details_json).at("pointer") == json::value("/executors/a/options/b/0"));
}

TEST_CASE("a named file that cannot be read says why and what to do") {
  const TempDir directory;
  CHECK(Config::from_file(directory.path() / "none.json").failure().reason == "config.missing");
  CHECK(Config::from_file(directory.path() / "none.json").failure().message.find("execlet init") != std::string::npos);
  CHECK(Config::from_file(directory.path()).failure().reason == "config.unreadable");
  CHECK(Config::from_file(directory.write("big", std::string(2u << 20, ' '))).failure().reason == "config.unreadable");
}

TEST_CASE("a named file may be writable by others") {
  const TempDir directory;
  const fs::path file = directory.write("c.json", kGood);
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  CHECK(Config::from_file(file));
}

TEST_CASE("without any file the search finds an empty configuration") {
  const Place place;
  const auto config = Config::search();
  REQUIRE(config);
  // The machine's own is not the test's to remove.
  const fs::path last = "/etc/execlet/config.json";
  if (fs::exists(last)) {
    CHECK(config->source == last);
  } else {
    CHECK(config->source.empty());
    CHECK(config->executors.empty());
  }
}

TEST_CASE("the search takes the first of its places") {
  const Place place;
  const fs::path home = place.directory.write("home/.config/execlet/config.json", kGood);
  CHECK(Config::search()->source == home);
  const fs::path xdg = place.directory.write("xdg/execlet/config.json", kGood);
  const ScopedEnv xdg_home("XDG_CONFIG_HOME", (place.directory.path() / "xdg").c_str());
  CHECK(Config::search()->source == xdg);
  place.directory.write("work/execlet.json", kGood);
  const auto here = Config::search();
  REQUIRE(here);
  CHECK(here->source == "execlet.json");
  CHECK(here->executors.at("a").base_dir == place.directory.path() / "work");
  const fs::path named = place.directory.write("named.json", kGood);
  const ScopedEnv variable("EXECLET_CONFIG", named.c_str());
  CHECK(Config::search()->source == named);
}

TEST_CASE("a file named by the environment must exist") {
  const Place place;
  const ScopedEnv variable("EXECLET_CONFIG", "/nowhere/c.json");
  const Failure failure = search_failure();
  CHECK(failure.reason == "config.missing");
  CHECK(failure.message.find("EXECLET_CONFIG") != std::string::npos);
}

TEST_CASE("a found file that others may write to is refused, with the remedy") {
  const Place place;
  const fs::path file = place.directory.write("work/execlet.json", kGood);
  for (const mode_t mode : {0666, 0646, 0664}) {
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    const Failure failure = search_failure();
    CHECK(failure.reason == "config.untrusted");
    CHECK(failure.message.find("chmod go-w") != std::string::npos);
    CHECK(failure.message.find("--config execlet.json") != std::string::npos);
  }
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  CHECK(Config::search());
}

TEST_CASE("a found file that belongs to somebody else is refused") {
  const Place place;
  const fs::path file = place.directory.write("work/execlet.json", kGood);
  REQUIRE(::geteuid() == 0);  // or it cannot be given away
  REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  CHECK(search_failure().reason == "config.untrusted");
  CHECK(search_failure().message.find("12345") != std::string::npos);
}

TEST_CASE("a FIFO in the search path is refused instead of being waited for") {
  const Place place;
  REQUIRE(::mkfifo("execlet.json", 0600) == 0);
  CHECK(search_failure().reason == "config.untrusted");
}

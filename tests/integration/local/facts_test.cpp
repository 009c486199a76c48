// SPDX-License-Identifier: Apache-2.0
//
// What `local` tells about itself: quickly, and after a closer look.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>

#include "catch.h"
#include "place.h"
#include "temp_dir.h"

namespace execlet::test {
namespace {

namespace json = boost::json;

json::object language(const std::string &facts, const std::string &name) {
  const json::value parsed = json::parse(facts);
  for (const json::value &item : parsed.at("languages").as_array())
    if (item.at("name").as_string() == name.c_str()) return item.as_object();
  return {};
}

std::string text(const json::object &object, const std::string &key) {
  const json::value *value = object.if_contains(key);
  return value != nullptr && value->is_string() ? value->get_string().c_str() : "";
}

std::filesystem::path script(const TempDir &dir, const std::string &name, const std::string &lines) {
  const auto file = dir.write(name, "#!/bin/sh\n" + lines);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

std::string with_python(const std::filesystem::path &executable) {
  return R"({"executors": {"python": {"executable": ")" + executable.string() + R"("}, "sh": {}}})";
}

}  // namespace

TEST_CASE("describe tells the languages without starting anything") {
  const TempDir dir;
  const auto python = script(dir, "python", "touch \"$0.ran\"\necho Python 9.9\n");
  const Place place(with_python(python));
  const std::string facts = place.executor.describe_json();
  const json::object told = language(facts, "python");
  CHECK(told.at("available").as_bool());
  CHECK(text(told, "executable") == python.string());
  CHECK(told.at("extensions").as_array().at(0).as_string() == ".py");
  CHECK(told.if_contains("version") == nullptr);
  CHECK_FALSE(std::filesystem::exists(python.string() + ".ran"));
  const json::array &aliases = told.at("aliases").as_array();
  CHECK(std::find(aliases.begin(), aliases.end(), json::value("py3")) != aliases.end());
}

TEST_CASE("inspect asks the programs for their versions") {
  const Place place;
  const std::string facts = place.executor.inspect_json();
  CHECK(has(text(language(facts, "python"), "version"), "Python 3"));
  CHECK(has(text(language(facts, "bash"), "version"), "bash"));
  CHECK(language(facts, "sh").if_contains("version") == nullptr);
  CHECK(language(facts, "sh").at("available").as_bool());
}

TEST_CASE("a version is one printable line, from whichever stream it comes") {
  const TempDir dir;
  const auto version_of = [&](const std::string &lines) {
    return text(language(Place(with_python(script(dir, "python", lines))).executor.inspect_json(), "python"),
                "version");
  };
  CHECK(version_of("printf '\\n\\n  Python 9.9 \\r\\nmore\\n'") == "Python 9.9");
  CHECK(version_of("echo Python 2.7 >&2") == "Python 2.7");
  CHECK(version_of("printf 'a\\033[31m\\377b\\n'") == "a?[31m?b");
  CHECK(version_of("yes | head -c 100000 | tr -d '\\n'").size() == 200);
}

TEST_CASE("a program that does not say its version is told with the reason, within bounded time") {
  const TempDir dir;
  const auto told = [&](const std::string &lines) {
    return language(Place(with_python(script(dir, "python", lines))).executor.inspect_json(), "python");
  };
  const json::object hangs = told("sleep 100");
  CHECK(hangs.at("available").as_bool());
  CHECK(hangs.if_contains("version") == nullptr);
  CHECK(has(text(hangs, "reason"), "did not end within"));
  const json::object fails = told("echo 'no version is set' >&2; exit 3");
  CHECK(has(text(fails, "reason"), "code 3"));
  CHECK(has(text(fails, "reason"), "no version is set"));
}

TEST_CASE("a program that cannot be started is not available, and why") {
  const TempDir dir;
  const auto broken = dir.write("python", read_whole_file("/proc/self/exe").substr(0, 100));
  std::filesystem::permissions(broken, std::filesystem::perms::owner_all);
  const Place place(with_python(broken));
  CHECK(language(place.executor.describe_json(), "python").at("available").as_bool());  // as far as a look tells
  const json::object told = language(place.executor.inspect_json(), "python");
  CHECK_FALSE(told.at("available").as_bool());
  CHECK(has(text(told, "reason"), "incomplete"));
  const json::object gone = language(Place(with_python("/nowhere/python")).executor.describe_json(), "python");
  CHECK_FALSE(gone.at("available").as_bool());
  CHECK(has(text(gone, "reason"), "/nowhere/python"));
}

TEST_CASE("each limit is told with the means that really enforces it here, or why there is none") {
  const TempDir dir;
  const json::value facts = json::parse(Place().executor.inspect_json());
  for (const char *name : {"wall_time", "memory", "cpu_time", "open_files", "file_size", "output"}) {
    INFO(name);
    CHECK_FALSE(facts.at("limits").at(name).at("how").as_string().empty());
    CHECK(facts.at("limits").at(name).at("scope").as_string() == "run");
  }
  const json::value shared =
      json::parse(Place(R"({"work_dir": ")" + dir.path().string() + "\"}").executor.inspect_json());
  CHECK(shared.at("limits").as_object().if_contains("disk") == nullptr);
  CHECK(has(shared.at("unenforced").at("disk").as_string().c_str(), "not private"));
  CHECK(has(facts.at("containment").as_string().c_str(), ""));
  CHECK(std::filesystem::is_empty(dir.path()));
}

}  // namespace execlet::test

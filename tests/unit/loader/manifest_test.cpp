// SPDX-License-Identifier: Apache-2.0
#include "loader/manifest.h"

#include <string>
#include <string_view>

#include "catch.h"
#include "elf_bytes.h"
#include "loader/plugin_file.h"
#include "temp_dir.h"

using execlet::core::Manifest;
using execlet::core::Result;

namespace {

const std::string kWhole = R"({
  "manifest_version": 1, "name": "sample", "version": "2.1", "description": "words", "license": "MIT",
  "abi": {"major": 1, "min_minor": 0},
  "capabilities": {
    "isolation": "container", "state": "persistent", "reset": "clean", "setup": "image", "speed": "slow",
    "languages": ["python", "bash"], "streaming": true, "stdin": true, "files": true, "rich_output": true,
    "network": ["none"],
    "limits": {"memory": {"scope": "run", "how": "cgroup"}, "pids": {"scope": "instance", "how": "cgroup"},
               "disk": {"scope": "none"}, "a_later_one": {"scope": "weekly"}},
    "a_later_key": 7
  },
  "options": {"type": "object", "properties": {"pattern": {"type": "string"}, "timeout": {"type": "number",
              "x-execlet-role": "timeout"}}},
  "a_later_key": [1]
})";

std::string replaced(std::string_view what, std::string_view with) {
  std::string text = kWhole;
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

execlet::core::Failure failure_of(const std::string &text) {
  Result<Manifest> manifest = Manifest::parse(text);
  REQUIRE_FALSE(manifest);
  return manifest.failure();
}

}  // namespace

TEST_CASE("a manifest is read as it stands") {
  Result<Manifest> manifest = Manifest::parse(kWhole);
  REQUIRE(manifest);
  CHECK(manifest->name == "sample");
  CHECK(manifest->version == "2.1");
  CHECK(manifest->description == "words");
  CHECK(manifest->license == "MIT");
  CHECK(manifest->abi_major == 1);
  CHECK(manifest->abi_min_minor == 0);
  CHECK(manifest->text == kWhole);
  const execlet::core::Capabilities &capabilities = manifest->capabilities;
  CHECK(capabilities.isolation == execlet::core::Isolation::kContainer);
  CHECK(capabilities.reset == execlet::core::Reset::kClean);
  CHECK(capabilities.persistent_state);
  CHECK(capabilities.stdin_data);
  CHECK(capabilities.files);
  CHECK(capabilities.rich_output);
  CHECK(capabilities.setup == "image");
  CHECK(capabilities.speed == "slow");
  CHECK(capabilities.languages == std::vector<std::string>{"python", "bash"});
  CHECK(capabilities.network == std::vector<std::string>{"none"});
  CHECK(capabilities.limits[EXECLET_ABI_LIMIT_MEMORY].scope == execlet::core::LimitScope::kRun);
  CHECK(capabilities.limits[EXECLET_ABI_LIMIT_MEMORY].how == "cgroup");
  CHECK(capabilities.limits[EXECLET_ABI_LIMIT_PIDS].scope == execlet::core::LimitScope::kInstance);
  CHECK(capabilities.limits[EXECLET_ABI_LIMIT_DISK].scope == execlet::core::LimitScope::kNone);
  CHECK(capabilities.limits[EXECLET_ABI_LIMIT_CPUS].scope == execlet::core::LimitScope::kNone);
  CHECK(manifest->options_schema.at("properties").at("timeout").at("x-execlet-role") == "timeout");
}

TEST_CASE("without options a backend takes an object") {
  const std::string text = kWhole.substr(0, kWhole.find(",\n  \"options\"")) + "}";
  Result<Manifest> manifest = Manifest::parse(text);
  REQUIRE(manifest);
  CHECK(manifest->options_schema.at("type") == "object");
}

TEST_CASE("each thing wrong in a manifest is named with its place") {
  struct Case {
    std::string text, reason, message_part;
  };
  const std::vector<Case> cases = {
      {"", "manifest.malformed", "not JSON"},
      {"{", "manifest.malformed", "not JSON"},
      {"[]", "manifest.malformed", "not a JSON object"},
      {kWhole + "x", "manifest.malformed", "not JSON"},
      {std::string(100, '['), "manifest.malformed", "not JSON"},
      {"{}", "manifest.malformed", "/manifest_version is missing"},
      {replaced("\"manifest_version\": 1", "\"manifest_version\": 2"), "manifest.version", "version 2"},
      {replaced("\"manifest_version\": 1", "\"manifest_version\": \"1\""), "manifest.malformed", "/manifest_version"},
      {replaced("\"sample\"", "\"Sample\""), "manifest.name", "\"Sample\""},
      {replaced("\"sample\"", "\"../../etc\""), "manifest.name", "\"../../etc\""},
      {replaced("\"sample\"", "\"a/b\""), "manifest.name", "\"a/b\""},
      {replaced("\"sample\"", "\"a_b\""), "manifest.name", "\"a_b\""},
      {replaced("\"sample\"", "\"1a\""), "manifest.name", "\"1a\""},
      {replaced("\"sample\"", "\"a\\u0000b\""), "manifest.name", "a?b"},
      {replaced("\"sample\"", "\"" + std::string(64, 'a') + "\""), "manifest.name", "63"},
      {replaced("\"sample\"", "\"\""), "manifest.malformed", "/name"},
      {replaced("\"version\": \"2.1\"", "\"version\": 2.1"), "manifest.malformed", "/version is not a text"},
      {replaced("\"license\": \"MIT\"", "\"license\": null"), "manifest.malformed", "/license"},
      {replaced("\"major\": 1", "\"major\": 2"), "abi.major", "plugin ABI 2"},
      {replaced("\"major\": 1", "\"major\": -1"), "manifest.malformed", "/abi/major"},
      {replaced("\"min_minor\": 0", "\"min_minor\": 9"), "abi.minor", "plugin ABI 1.9"},
      {replaced("\"min_minor\": 0", "\"minor\": 0"), "manifest.malformed", "/abi/min_minor is missing"},
      {replaced("\"container\"", "\"chroot\""), "manifest.malformed",
       "/capabilities/isolation is \"chroot\", not one of none, process, container, remote"},
      {replaced("\"clean\"", "\"dirty\""), "manifest.malformed", "/capabilities/reset"},
      {replaced("[\"python\", \"bash\"]", "[]"), "manifest.malformed", "/capabilities/languages"},
      {replaced("[\"python\", \"bash\"]", "[7]"), "manifest.malformed", "/capabilities/languages"},
      {replaced("\"stdin\": true", "\"stdin\": \"yes\""), "manifest.malformed", "/capabilities/stdin"},
      {replaced("\"scope\": \"run\"", "\"scope\": \"always\""), "manifest.malformed",
       "/capabilities/limits/memory/scope"},
      {replaced("\"scope\": \"instance\", \"how\": \"cgroup\"", "\"scope\": \"instance\""), "manifest.malformed",
       "/capabilities/limits/pids/how is missing"},
      {replaced("{\"type\": \"object\", \"properties\"", "{\"type\": \"array\", \"properties\""), "manifest.malformed",
       "/options/type"},
      {replaced("\"options\": {", "\"options\": 7, \"x\": {"), "manifest.malformed", "/options is not an object"},
      {replaced("{\"type\": \"string\"}", "7"), "manifest.malformed", "/options/properties/pattern"},
      {replaced("{\"type\": \"string\"}", "{\"type\": \"string\", \"pattern\": \"(a+)+$\"}"), "manifest.malformed",
       "/options/properties/pattern/pattern is not allowed"},
      {replaced("{\"type\": \"string\"}", "{\"items\": {\"format\": \"email\"}}"), "manifest.malformed",
       "/options/properties/pattern/items/format is not allowed"},
      {replaced("\"x-execlet-role\": \"timeout\"", "\"x-execlet-role\": 1"), "manifest.malformed", "x-execlet-role"},
  };
  for (const Case &one : cases) {
    INFO(one.text);
    const execlet::core::Failure failure = failure_of(one.text);
    CHECK(failure.reason == one.reason);
    CHECK_THAT(failure.message, Catch::Contains(one.message_part));
    CHECK(failure.status == EXECLET_UNAVAILABLE);
  }
}

TEST_CASE("a manifest cut at any byte is an error, never a crash") {
  for (std::size_t size = 0; size < kWhole.size(); ++size) CHECK_FALSE(Manifest::parse(kWhole.substr(0, size)));
}

TEST_CASE("every kind of limit has its name") {
  CHECK(execlet::core::limit_name(EXECLET_ABI_LIMIT_WALL_TIME) == "wall_time");
  CHECK(execlet::core::limit_name(EXECLET_ABI_LIMIT_OPEN_FILES) == "open_files");
  CHECK(execlet::core::limit_name(EXECLET_ABI_LIMIT_DISK) == "disk");
  CHECK(execlet::core::limit_name(EXECLET_ABI_LIMIT_COUNT).empty());
  CHECK(execlet::core::limit_name(-1).empty());
}

TEST_CASE("a file with its manifest twice is taken, one with two manifests is not") {
  const execlet::test::TempDir dir;
  const auto read = [&](const std::string &section) {
    auto file = execlet::core::RegularFile::open(dir.write("x.so", execlet::test::ElfBytes(section).bytes()));
    REQUIRE(file);
    return execlet::core::read_plugin_file(*file);
  };
  CHECK(read(kWhole));
  CHECK(read(kWhole + std::string(1, '\0') + kWhole));
  CHECK(read(kWhole + std::string(40, '\0')));
  CHECK(read(kWhole + std::string(1, '\0') + "{}").failure().reason == "manifest.malformed");
  CHECK(read(kWhole + std::string(1, '\0') + kWhole + "x").failure().reason == "manifest.malformed");
}

TEST_CASE("a library for another major version is recognised by its symbols") {
  const execlet::test::TempDir dir;
  const auto read = [&](std::string_view symbol) {
    auto file = execlet::core::RegularFile::open(dir.write("x.so", execlet::test::ElfBytes(kWhole, symbol).bytes()));
    REQUIRE(file);
    return execlet::core::read_plugin_file(*file);
  };
  CHECK(read("execlet_plugin_entry_v2").failure().reason == "abi.major");
  CHECK_THAT(read("execlet_plugin_entry_v2").failure().message, Catch::Contains("execlet_plugin_entry_v2"));
  CHECK(read("something_else").failure().reason == "abi.entry");
}

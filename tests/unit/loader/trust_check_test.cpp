// SPDX-License-Identifier: Apache-2.0
#include "loader/trust_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "loader/pinned_digest.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

constexpr uid_t kSomebody = 54321;

RegularFile opened(const fs::path &file) {
  Result<RegularFile> result = RegularFile::open(file);
  REQUIRE(result);
  return *std::move(result);
}

fs::path directory(const fs::path &path, mode_t mode) {
  fs::create_directory(path);
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

}  // namespace

TEST_CASE("a directory of the user's own is trusted, below a sticky one too") {
  const TempDir dir;
  CHECK(check_directory_trust(directory(dir.path() / "plugins", 0755)));
  const fs::path sticky = directory(dir.path() / "sticky", 01777);
  CHECK(check_directory_trust(directory(sticky / "plugins", 0700)));
}

TEST_CASE("a directory that everyone can write to is refused, also as a parent") {
  const TempDir dir;
  const fs::path open = directory(dir.path() / "open", 0777);
  Result<TrustWarnings> refused = check_directory_trust(open);
  REQUIRE_FALSE(refused);
  CHECK(refused.failure().reason == "trust.world-writable");
  CHECK_THAT(refused.failure().message, Catch::Contains(open.string()) && Catch::Contains("chmod o-w"));

  const fs::path below = directory(open / "plugins", 0755);
  refused = check_directory_trust(below);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.failure().message, Catch::StartsWith(open.string() + " "));

  // Anybody may add files to it, so sticky does not help the plugin directory itself.
  CHECK(check_directory_trust(directory(dir.path() / "sticky", 01777)).failure().reason == "trust.world-writable");
}

TEST_CASE("what a group can write to is used with a warning that names it") {
  const TempDir dir;
  const fs::path group = directory(dir.path() / "group", 0775);
  Result<TrustWarnings> warned = check_directory_trust(group);
  REQUIRE(warned);
  REQUIRE(warned->size() == 1);
  CHECK_THAT(warned->front(), Catch::Contains(group.string()));

  const fs::path file = dir.write("x.so", "x");
  REQUIRE(chmod(file.c_str(), 0664) == 0);
  CHECK(check_file_trust(opened(file))->size() == 1);
}

TEST_CASE("a link to a directory is judged by where it leads") {
  const TempDir dir;
  const fs::path open = directory(dir.path() / "open", 0777);
  fs::create_directory_symlink(open, dir.path() / "link");
  CHECK(check_directory_trust(dir.path() / "link").failure().reason == "trust.world-writable");
}

TEST_CASE("files and directories of somebody else are refused") {
  REQUIRE(geteuid() == 0);  // or they cannot be given away
  const TempDir dir;
  const fs::path theirs = directory(dir.path() / "theirs", 0755);
  REQUIRE(chown(theirs.c_str(), kSomebody, kSomebody) == 0);
  Result<TrustWarnings> refused = check_directory_trust(theirs);
  REQUIRE_FALSE(refused);
  CHECK(refused.failure().reason == "trust.owner");
  CHECK_THAT(refused.failure().message, Catch::Contains(theirs.string()) && Catch::Contains("54321"));
  CHECK(check_directory_trust(directory(theirs / "ours", 0755)).failure().reason == "trust.owner");

  const fs::path file = dir.write("x.so", "x");
  REQUIRE(chown(file.c_str(), kSomebody, kSomebody) == 0);
  CHECK(check_file_trust(opened(file)).failure().reason == "trust.owner");
}

TEST_CASE("a file that everyone can write to is refused") {
  const TempDir dir;
  const fs::path file = dir.write("x.so", "x");
  CHECK(check_file_trust(opened(file)));
  REQUIRE(chmod(file.c_str(), 0646) == 0);
  CHECK(check_file_trust(opened(file)).failure().reason == "trust.world-writable");
}

TEST_CASE("a link may lead within its directory, not out of it") {
  const TempDir dir;
  const fs::path inside = dir.write("plugins/x.so.1", "x");
  const fs::path deeper = dir.write("plugins/data/y.so.1", "y");
  const fs::path outside = dir.write("elsewhere/z.so", "z");
  fs::create_symlink("x.so.1", dir.path() / "plugins/x.so");
  fs::create_symlink("data/y.so.1", dir.path() / "plugins/y.so");
  fs::create_symlink("../elsewhere/z.so", dir.path() / "plugins/z.so");
  fs::create_symlink("../plugins-too/x.so", dir.path() / "plugins/prefix.so");
  dir.write("plugins-too/x.so", "x");
  fs::create_symlink("gone.so", dir.path() / "plugins/dangling.so");
  CHECK(*resolve_in_directory(dir.path() / "plugins/x.so") == fs::canonical(inside));
  CHECK(*resolve_in_directory(dir.path() / "plugins/y.so") == fs::canonical(deeper));
  Result<fs::path> out = resolve_in_directory(dir.path() / "plugins/z.so");
  REQUIRE_FALSE(out);
  CHECK(out.failure().reason == "trust.symlink");
  CHECK_THAT(out.failure().message, Catch::Contains(fs::canonical(outside).string()));
  CHECK(resolve_in_directory(dir.path() / "plugins/prefix.so").failure().reason == "trust.symlink");
  CHECK(resolve_in_directory(dir.path() / "plugins/dangling.so").failure().reason == "file.unreadable");
}

TEST_CASE("a pinned digest is compared, whatever case and words follow it") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  const fs::path file = dir.write("x.so", "hello");
  const std::string digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  std::string upper = digest;
  for (char &c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const auto check = [&](std::string_view pin) {
    dir.write("x.so.sha256", pin);
    Result<void> result = check_pinned_digest(file, opened(file));
    return result ? std::string() : result.failure().reason;
  };
  CHECK(check_pinned_digest(file, opened(file)));
  CHECK(check(digest).empty());
  CHECK(check(digest + "  x.so\n").empty());
  CHECK(check(upper + " *x.so\n").empty());
  CHECK(check("0" + digest.substr(1) + "  x.so\n") == "trust.digest");
  CHECK(check("") == "trust.digest-malformed");
  CHECK(check(digest.substr(1)) == "trust.digest-malformed");
  CHECK(check(digest + "0") == "trust.digest-malformed");
  CHECK(check(std::string(64, 'g')) == "trust.digest-malformed");
  CHECK(check(digest + std::string(5000, ' ')) == "trust.digest-malformed");
  REQUIRE(check(digest).empty());
  REQUIRE(chmod((file.string() + ".sha256").c_str(), 0666) == 0);
  CHECK(check_pinned_digest(file, opened(file)).failure().reason == "trust.world-writable");
}

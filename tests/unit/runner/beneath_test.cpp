// SPDX-License-Identifier: Apache-2.0
#include "beneath.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "catch.h"
#include "temp_dir.h"

using namespace execlet::runner;
namespace fs = std::filesystem;

TEST_CASE("only relative paths without detours are clean") {
  for (const char *path : {"a", "a/b", "..a", "a..", "...", ".hidden", "a b\n"}) CHECK(is_clean_relative_path(path));
  for (const char *path : {"", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "../a"})
    CHECK_FALSE(is_clean_relative_path(path));
  CHECK_FALSE(is_clean_relative_path(std::string_view("a\0b", 3)));
  CHECK_FALSE(is_clean_relative_path(std::string(256, 'x')));
  CHECK_FALSE(is_clean_relative_path(std::string(5000, 'x')));
}

TEST_CASE("nothing outside of the directory can be opened") {
  const execlet::test::TempDir directory;
  const fs::path root = directory.path();
  fs::create_directory(root / "inside");
  std::ofstream(root / "inside" / "file") << "x";
  fs::create_symlink("/etc", root / "absolute");
  fs::create_symlink("../..", root / "up");
  fs::create_symlink("inside", root / "alias");
  const Descriptor fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

  CHECK(open_beneath(fd.get(), "inside/file", O_RDONLY, Links::kRefuse));
  CHECK(open_beneath(fd.get(), "alias/file", O_RDONLY, Links::kFollowInside));
  CHECK_FALSE(open_beneath(fd.get(), "alias/file", O_RDONLY, Links::kRefuse));
  for (const char *path : {"absolute/passwd", "up/etc/passwd", "../x", "/etc/passwd", "inside/../../x"}) {
    CHECK_FALSE(open_beneath(fd.get(), path, O_RDONLY, Links::kFollowInside));
    CHECK(errno == EXDEV);
  }
}

TEST_CASE("parents are made inside, never through a link that leads out") {
  const execlet::test::TempDir directory;
  const execlet::test::TempDir other;
  const fs::path root = directory.path();
  const Descriptor fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK(make_parents(fd.get(), "a/b/c/file") == 0);
  CHECK(fs::is_directory(root / "a/b/c"));
  CHECK_FALSE(fs::exists(root / "a/b/c/file"));
  CHECK(make_parents(fd.get(), "file") == 0);

  fs::create_symlink("a", root / "alias");
  CHECK(make_parents(fd.get(), "alias/new/file") == 0);
  CHECK(fs::is_directory(root / "a/new"));
  fs::create_symlink(fs::path(other.path()), root / "out");
  CHECK(make_parents(fd.get(), "out/new/file") == EXDEV);
  CHECK(fs::is_empty(other.path()));
  std::ofstream(root / "plain") << "x";
  CHECK(make_parents(fd.get(), "plain/file") == ENOTDIR);
}

// SPDX-License-Identifier: Apache-2.0
#include "wipe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "descriptor.h"
#include "temp_dir.h"

using namespace execlet::runner;
namespace fs = std::filesystem;

TEST_CASE("a directory is emptied of everything and no link is followed") {
  const execlet::test::TempDir directory;
  const execlet::test::TempDir other;
  const fs::path root = directory.path();
  const fs::path outside = other.path();
  std::ofstream(outside / "precious") << "x";
  fs::create_directory_symlink(outside, root / "link");
  fs::create_directories(root / "a/b");
  fs::create_directory_symlink(outside, root / "a/b/link");
  mkfifo((root / "pipe").c_str(), 0600);
  std::ofstream(root / std::string("new\nline")) << "x";
  std::ofstream(root / std::string(255, 'n')) << "x";
  fs::create_directory(root / "closed");
  std::ofstream(root / "closed/file") << "x";
  fs::permissions(root / "closed", fs::perms::none);
  const Descriptor fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK(empty_directory(fd.get()));
  CHECK(fs::is_empty(root));
  CHECK(fs::exists(outside / "precious"));
}

TEST_CASE("depth is no obstacle") {
  const execlet::test::TempDir directory;
  const fs::path root = directory.path();
  // Deeper than descriptors or a path would allow.
  Descriptor at(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 3000; ++i) {
    REQUIRE(mkdirat(at.get(), "d", 0700) == 0);
    const Descriptor file(openat(at.get(), "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    at = Descriptor(openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(at);
  }
  at.reset();
  const Descriptor fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK(empty_directory(fd.get()));
  CHECK(fs::is_empty(root));
}

// SPDX-License-Identifier: Apache-2.0
#include "untouched.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "descriptor.h"
#include "temp_dir.h"
#include "wipe.h"

using namespace execlet::runner;
namespace fs = std::filesystem;

namespace {

Descriptor open_directory(const fs::path &path) {
  return Descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// A directory with "inner" in it, as a runner would have made them.
struct Made {
  const execlet::test::TempDir directory;
  const fs::path inner = directory.path() / "inner";
  const Descriptor outer_fd, inner_fd;

  Made() : outer_fd(open_directory(directory.path())), inner_fd(make_inner()) {
    REQUIRE(chmod(directory.path().c_str(), 0700) == 0);
  }
  bool is_untouched() const {
    const ino_t inode = untouched(inner_fd.get(), {});
    return inode != 0 && untouched(outer_fd.get(), {{"inner", inode}}) != 0;
  }

 private:
  Descriptor make_inner() const {
    REQUIRE(mkdir(inner.c_str(), 0700) == 0);
    return open_directory(inner);
  }
};

}  // namespace

TEST_CASE("a directory is untouched until something is put into it, and again once that is removed") {
  const Made made;
  CHECK(made.is_untouched());
  CHECK(made.is_untouched());  // also when looked at again
  std::ofstream(made.inner / ".hidden") << "x";
  CHECK_FALSE(made.is_untouched());
  fs::remove(made.inner / ".hidden");
  CHECK(made.is_untouched());
  std::ofstream(made.directory.path() / "beside") << "x";
  CHECK_FALSE(made.is_untouched());
}

TEST_CASE("another mode is a touch") {
  const Made made;
  REQUIRE(chmod(made.inner.c_str(), 0755) == 0);
  CHECK_FALSE(made.is_untouched());
}

TEST_CASE("another directory of the same name is found out") {
  const Made made;
  fs::rename(made.inner, made.directory.path() / "away");
  CHECK_FALSE(made.is_untouched());
  REQUIRE(mkdir(made.inner.c_str(), 0700) == 0);
  CHECK_FALSE(made.is_untouched());
  fs::remove(made.directory.path() / "away");  // the one that is open; the new one stands in its place
  CHECK_FALSE(made.is_untouched());
}

TEST_CASE("an attribute is a touch, and can be removed") {
  const Made made;
  if (fsetxattr(made.inner_fd.get(), "user.left", "x", 1, 0) != 0 && errno == ENOTSUP)
    WARN("the temporary directory knows no attributes of users");
  else
    CHECK_FALSE(made.is_untouched());
  remove_attributes(made.inner_fd.get());
  CHECK(made.is_untouched());
}

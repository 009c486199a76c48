// SPDX-License-Identifier: Apache-2.0
//
// Files that a run hands back: into memory or a directory, never through what lies there already.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "runtime/artifact_store.h"
#include "temp_dir.h"

using namespace execlet::core;
namespace fs = std::filesystem;

namespace {

execlet_abi_artifact_event part(std::string_view name, std::string_view data, std::uint64_t offset, std::uint64_t size,
                                bool last) {
  execlet_abi_artifact_event event{};
  event.head.struct_size = sizeof event;
  event.head.type = EXECLET_ABI_EVENT_ARTIFACT;
  event.head.flags = last ? 1 : 0;
  event.name = {name.data(), name.size()};
  event.data = {data.data(), data.size()};
  event.offset = offset;
  event.size = size;
  event.fd = -1;
  return event;
}

execlet_abi_artifact_event whole(std::string_view name, std::string_view data) {
  return part(name, data, 0, data.size(), true);
}

std::string content(const fs::path &file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("An artifact in memory comes together from its parts") {
  ArtifactStore store;
  CHECK_FALSE(store.receive(part("out/plot.png", "ab", 0, 5, false)).artifact);
  CHECK_FALSE(store.receive(part("out/plot.png", "cd", 2, 5, false)).artifact);
  const auto done = store.receive(part("out/plot.png", "e", 4, 5, true));
  REQUIRE(done.artifact);
  CHECK(done.artifact->name == "out/plot.png");
  CHECK(done.artifact->mime == "image/png");
  CHECK(done.artifact->size == 5);
  CHECK(*done.artifact->data == "abcde");
  CHECK(done.artifact->path.empty());
}

TEST_CASE("Memory for artifacts is capped, and what is beyond is a notice") {
  ArtifactStore store;
  const std::string big(33u << 20, 'x');
  CHECK(store.receive(whole("a", big)).artifact);
  const auto refused = store.receive(part("b", big, 0, big.size() + 1, false));
  CHECK_FALSE(refused.artifact);
  REQUIRE(refused.notice);
  CHECK(refused.notice->code == "artifact.lost");
  CHECK_FALSE(store.receive(part("b", "x", big.size(), big.size() + 1, true)).notice);  // said once
  CHECK(store.receive(whole("c", "small")).artifact);
}

TEST_CASE("Names that leave the directory, parts out of order and short files are notices") {
  ArtifactStore store;
  CHECK(store.receive(whole("../evil", "x")).notice->code == "artifact.name");
  CHECK(store.receive(whole("/etc/passwd", "x")).notice->code == "artifact.name");
  CHECK(store.receive(part("a", "x", 3, 4, true)).notice->code == "artifact.lost");
  CHECK(store.receive(part("b", "x", 0, 4, true)).notice->code == "artifact.lost");
  store.receive(part("c", "x", 0, 4, false));
  const auto dropped = store.drop_incomplete();
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].text == "file \"c\" did not arrive whole");
}

TEST_CASE("A file comes by descriptor") {
  ArtifactStore store;
  const int fd = ::memfd_create("a.txt", MFD_CLOEXEC);
  REQUIRE(::pwrite(fd, "hello", 5, 0) == 5);
  auto event = part("a.txt", "", 0, 5, false);
  event.fd = fd;
  const auto done = store.receive(event);
  ::close(fd);
  REQUIRE(done.artifact);
  CHECK(*done.artifact->data == "hello");
}

TEST_CASE("A descriptor that could keep the host waiting is not read") {
  ArtifactStore store;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  auto event = part("a.txt", "", 0, 5, false);
  event.fd = ends[0];
  const auto refused = store.receive(event);
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK_FALSE(refused.artifact);
  REQUIRE(refused.notice);
  CHECK(refused.notice->text == "file \"a.txt\": its descriptor is no regular file");
}

TEST_CASE("Artifacts go into a directory that is made for them, replacing files of the same name") {
  const execlet::test::TempDir temporary;
  const fs::path directory = temporary.path() / "new" / "dir";
  ArtifactStore store;
  REQUIRE(store.use_directory(directory.native()).ok());
  REQUIRE(store.receive(whole("a/b.txt", "old")).artifact);
  const auto done = store.receive(whole("a/b.txt", "new"));
  REQUIRE(done.artifact);
  CHECK(done.artifact->path == (directory / "a/b.txt").native());
  CHECK_FALSE(done.artifact->data);
  CHECK(content(directory / "a/b.txt") == "new");
  CHECK(std::distance(fs::directory_iterator(directory / "a"), fs::directory_iterator()) == 1);
}

TEST_CASE("What a process with our number left behind is not in the way of artifacts") {
  const execlet::test::TempDir directory;
  ArtifactStore store;
  REQUIRE(store.use_directory(directory.path().native()).ok());
  // The names that the next artifacts would be written under first; the count in them has only begun.
  for (int i = 1; i < 200; ++i)
    std::ofstream(directory.path() / (".execlet-" + std::to_string(::getpid()) + "-" + std::to_string(i))) << "old";
  CHECK(store.receive(whole("a.txt", "abc")).artifact);
  CHECK(content(directory.path() / "a.txt") == "abc");
}

TEST_CASE("Symlinks in the directory are not followed") {
  const execlet::test::TempDir temporary;
  const fs::path outside = temporary.path() / "outside";
  const fs::path directory = temporary.path() / "artifacts";
  fs::create_directories(outside);
  fs::create_directories(directory);
  std::ofstream(outside / "precious") << "precious";
  fs::create_symlink(outside, directory / "link");
  fs::create_symlink(outside / "precious", directory / "file");
  ArtifactStore store;
  REQUIRE(store.use_directory(directory.native()).ok());
  CHECK(store.receive(whole("link/x", "evil")).notice->code == "artifact.lost");
  CHECK_FALSE(fs::exists(outside / "x"));
  CHECK(store.receive(whole("file", "new")).artifact);  // the link itself is replaced
  CHECK(content(outside / "precious") == "precious");
  CHECK(content(directory / "file") == "new");
}

TEST_CASE("An artifact that does not arrive whole leaves no file") {
  const execlet::test::TempDir temporary;
  ArtifactStore store;
  REQUIRE(store.use_directory(temporary.path().native()).ok());
  store.receive(part("a", "x", 0, 4, false));
  CHECK(store.drop_incomplete().size() == 1);
  CHECK(fs::is_empty(temporary.path()));
}

TEST_CASE("A directory that cannot be used is an invalid request") {
  const execlet::test::TempDir temporary;
  std::ofstream(temporary.path() / "file") << "x";
  ArtifactStore store;
  const auto used = store.use_directory((temporary.path() / "file" / "sub").native());
  REQUIRE_FALSE(used.ok());
  CHECK(used.failure().status == EXECLET_INVALID_REQUEST);
  CHECK(used.failure().reason == "artifacts.directory");
}

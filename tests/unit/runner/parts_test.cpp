// SPDX-License-Identifier: Apache-2.0
//
// Small parts of the runner: START messages, numbers in the kernel's files, finding programs.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "catch.h"
#include "descriptor.h"
#include "file_sender.h"
#include "program.h"
#include "small_file.h"
#include "start_request.h"
#include "temp_dir.h"
#include "transport.h"

using namespace execlet::runner;
namespace fs = std::filesystem;

namespace {

StartRequest parse(const std::string &bytes) {
  StartRequest request;
  FrameReader reader;
  std::string_view rest = bytes;
  Frame frame;
  while (!rest.empty()) {
    const FrameReader::Space space = reader.space();
    const std::size_t size = std::min(space.size, rest.size());
    rest.copy(space.data, size);
    reader.commit(size);
    rest.remove_prefix(size);
    while (reader.next(frame) == FrameReader::State::kFrame) request.take(frame);
  }
  return request;
}

template <class Fill>
std::string reason_for(Fill fill) {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kStart);
  fill(message);
  REQUIRE(message.finish());
  Failure failure;
  return parse(bytes).check(failure) ? "" : failure.reason;
}

}  // namespace

TEST_CASE("a file that ends before the size that it had is cut and noted, never filled up") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const Descriptor near(ends[0]), far(ends[1]);
  // Files there have a page of size and a few bytes in them.
  const Descriptor root(open("/sys/kernel", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Transport transport(near.get());
  FileSender sender(transport, root.get(), kArtifactStream, {"uevent_seqnum"}, 0);
  REQUIRE(sender.advance());
  REQUIRE(sender.notices().size() == 1);
  CHECK(sender.notices().front().find("artifact.cut") == 0);
  CHECK(sender.notices().front().find("it became shorter after ") != std::string::npos);
  CHECK(sender.notices().front().find(" of 4096 bytes") != std::string::npos);

  FrameReader reader;
  const FrameReader::Space space = reader.space();
  const ssize_t size = read(far.get(), space.data, space.size);
  REQUIRE(size > 0);
  reader.commit(static_cast<std::size_t>(size));
  Frame frame;
  REQUIRE(reader.next(frame) == FrameReader::State::kFrame);
  CHECK((frame.header.flags & kMore) == 0);
  CHECK(frame.payload.size() < 200);
}

TEST_CASE("a start message is checked before anything happens") {
  CHECK(reason_for([](MessageWriter &m) { m.text(Tag::kArgument, "true"); }).empty());
  CHECK(reason_for([](MessageWriter &) {}) == "request.no-program");
  CHECK(reason_for([](MessageWriter &m) { m.text(Tag::kArgument, std::string_view("a\0b", 3)); }) == "request.nul");
  CHECK(reason_for([](MessageWriter &m) { m.text(Tag::kSnippetArgument, {}); }) == "request.no-snippet");
  for (const char *entry : {"", "=x", "NAME"}) {
    CHECK(reason_for([&](MessageWriter &m) {
            m.text(Tag::kArgument, "true");
            m.text(Tag::kEnvironment, entry);
          }) == "request.bad-environment");
  }
  for (const char *name : {"..", ".", "a/b", "/etc/passwd"}) {
    CHECK(reason_for([&](MessageWriter &m) {
            m.text(Tag::kArgument, "true");
            m.text(Tag::kSnippetName, name);
          }) == "request.bad-snippet-name");
  }
  CHECK(reason_for([](MessageWriter &m) {
          m.text(Tag::kArgument, "true");
          m.limit(Tag::kLimit, {9, 1, {}});
        }) == "protocol.malformed");
}

TEST_CASE("code beyond the bound is refused without being kept") {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kStart);
  message.text(Tag::kArgument, "true");
  message.data(Tag::kSnippetData, std::string(65 << 20, 'x'));
  REQUIRE(message.finish());
  const StartRequest request = parse(bytes);
  Failure failure;
  CHECK_FALSE(request.check(failure));
  CHECK(failure.reason == "request.too-large");
  CHECK(request.snippet_data.size() <= 64u << 20);
}

TEST_CASE("numbers are found by the key at the start of a line") {
  CHECK(number_after("12\n", "") == 12);
  CHECK(number_after("low 1\noom_group_kill 7\noom_kill 3\n", "oom_kill ") == 3);
  CHECK(number_after("foo_oom_kill 7\n", "oom_kill ") == 0);
  CHECK(number_after("", "oom_kill ") == 0);
  CHECK(number_after("max", "") == 0);
}

TEST_CASE("programs are found in the PATH of the run, not of the runner") {
  const execlet::test::TempDir directory;
  const fs::path root = directory.path();
  for (const char *sub : {"one", "two"}) fs::create_directory(root / sub);
  std::ofstream(root / "one/tool") << "x";
  std::ofstream(root / "two/tool") << "x";
  fs::permissions(root / "two/tool", fs::perms::owner_all);
  const std::string path = "PATH=" + (root / "one").string() + ":" + (root / "two").string();
  Failure failure;
  CHECK(find_program("tool", {"X=1", path}, failure) == (root / "two/tool").string());
  CHECK(find_program("./tool", {path}, failure) == "./tool");
  CHECK(find_program("sh", {path}, failure).empty());
  CHECK(failure.reason == "program.missing");
  CHECK(find_program("tool", {"PATH=" + (root / "one").string()}, failure).empty());
  CHECK(failure.reason == "program.not-executable");
  CHECK_FALSE(find_program("sh", {}, failure).empty());
}

// SPDX-License-Identifier: Apache-2.0
//
// A runner that is lost around the start of a program, played by a script at a moment of the test's choice: whether the
// program can have begun is told to the host, which runs it again only where it certainly has not.
#include <poll.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "client.h"
#include "host_stub.h"
#include "temp_dir.h"

using namespace execlet;
using namespace execlet::runner;

namespace {

// A runner that greets and then does what `script` says; `frame(type, fields)` sends, `take()` waits for a message.
std::string scripted_runner(const test::TempDir &directory, const std::string &script) {
  directory.write("runner", R"(#!/usr/bin/python3
import os, socket, struct, sys
here = os.path.dirname(sys.argv[0])
peer = socket.socket(fileno=0)
def field(tag, value):
    value = struct.pack('<Q', value) if isinstance(value, int) else value.encode()
    return struct.pack('<HHI', tag, 0, len(value)) + value
def frame(kind, *fields):
    payload = b''.join(field(*pair) for pair in fields)
    peer.sendall(struct.pack('<BBHI', kind, 0, 0, len(payload)) + payload)
def take():
    kind, flags, stream, size = struct.unpack('<BBHI', peer.recv(8, socket.MSG_WAITALL))
    peer.recv(size, socket.MSG_WAITALL)
take()
frame(65, (1, 1), (2, 3), (5, '/'), (6, '/tmp'))
)" + script + "\n");
  const std::filesystem::path path = directory.path() / "runner";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path.native();
}

struct Ended {
  plugin::Status status;
  std::size_t started = 0;  // STARTED events
};

Ended run(const test::TempDir &directory, const std::string &script) {
  const test::CallStub stub;
  const plugin::Call call(stub.abi(), test::host_stub(), nullptr);
  plugin::Status status;
  const auto client = Client::open({scripted_runner(directory, script), "", 0, Containment::kSubreaper}, call, status);
  CAPTURE(status.message());
  REQUIRE(client != nullptr);
  for (int attempt = 0; script.find("closed") != script.npos && attempt < 2000; ++attempt) {
    if (std::filesystem::exists(directory.path() / "closed")) break;
    poll(nullptr, 0, 5);
  }
  Program program;
  program.command = {{CommandWord::Kind::kText, "true"}};
  execlet_abi_request request{};
  request.struct_size = sizeof request;
  execlet_abi_result result{};
  result.struct_size = sizeof result;
  status = client->run(call, program, request, result);
  return {status, stub.count(EXECLET_ABI_EVENT_STARTED)};
}

}  // namespace

TEST_CASE("A runner that ended before it had read what to start certainly did not start it") {
  const test::TempDir directory;
  const std::string script =
      GENERATE(as<std::string>(), "peer.close(); open(here + '/closed', 'w')", "peer.recv(1, socket.MSG_PEEK)",
               "peer.recv(4)", "peer.recv(1, socket.MSG_PEEK); peer.shutdown(2)");
  const Ended ended = run(directory, script);
  CAPTURE(script);
  CHECK(ended.status.code() == EXECLET_ABI_INVALID_STATE);
  CHECK(ended.status.reason() == "instance.gone");
  CHECK(ended.started == 0);
}

TEST_CASE("A runner that is lost after it was sent a program may have started it") {
  const test::TempDir directory;
  const std::string script = "take()";
  const Ended ended = run(directory, script);
  CAPTURE(script);
  CHECK(ended.status.code() == EXECLET_ABI_UNAVAILABLE);
  CHECK(ended.status.reason() == "backend.lost");
  CHECK_THAT(ended.status.message(), Catch::Contains("whether the program had begun is not known"));
  CHECK(ended.started == 1);
}

TEST_CASE("A runner that is lost after it told of the start has started it") {
  const test::TempDir directory;
  const Ended ended = run(directory, "take(); frame(66, (60, 1))");
  CHECK(ended.status.code() == EXECLET_ABI_UNAVAILABLE);
  CHECK(ended.status.reason() == "backend.lost");
  CHECK_THAT(ended.status.message(), !Catch::Contains("not known"));
  CHECK(ended.started == 1);
}

TEST_CASE("A runner that cannot start any program says so, and another one may do it") {
  const test::TempDir directory;
  const Ended ended = run(directory, "take(); frame(70, (80, 14), (81, 'runner.changed'), (82, 'not clean'))");
  CHECK(ended.status.code() == EXECLET_ABI_INVALID_STATE);
  CHECK(ended.status.reason() == "runner.changed");
  CHECK(ended.status.message() == "not clean");
  CHECK(ended.started == 0);
}

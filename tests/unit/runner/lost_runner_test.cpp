// SPDX-License-Identifier: Apache-2.0
//
// A runner that is lost around the start of a program, played by a script at a moment of the test's choice: whether the
// program can have begun is told to the host, which runs it again only where it certainly has not.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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
    return peer.recv(size, socket.MSG_WAITALL)
def value_of(tag, message):
    while message:
        found, _, size = struct.unpack('<HHI', message[:8])
        if found == tag: return message[8:8 + size].decode()
        message = message[8 + size:]
private_dir = value_of(4, take())
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
  const auto client = Client::open({scripted_runner(directory, script), "", Containment::kSubreaper}, call, status);
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

TEST_CASE("What a killed runner leaves is cleared away also where the host reaps whatever child it has") {
  const test::TempDir directory;
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGCHLD, &ignore, &before) == 0);
  const Ended ended = run(directory,
                          "os.mkdir(private_dir); open(private_dir + '/left', 'w').close()\n"
                          "open(here + '/name', 'w').write(private_dir); take(); os.kill(os.getpid(), 9)");
  sigaction(SIGCHLD, &before, nullptr);
  CHECK(ended.status.reason() == "backend.lost");
  const std::string left = test::read_whole_file(directory.path() / "name");
  REQUIRE_THAT(left, Catch::Contains("/execlet-"));
  CHECK_FALSE(std::filesystem::exists(left));
}

TEST_CASE("A process that does not die is not waited for, and is reaped once it has") {
  const pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  const std::uint64_t begin = monotonic_now();
  CHECK_FALSE(reap(static_cast<int>(syscall(SYS_pidfd_open, child, 0))));
  CHECK(monotonic_now() - begin < 20'000'000'000);
  kill(child, SIGKILL);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  Launched none;
  int error = 0;
  CHECK_FALSE(launch("/nonexistent", Namespaces::kNone, none, error));
  CHECK(waitpid(child, nullptr, WNOHANG) == -1);
}

TEST_CASE("A runner that speaks another version of the protocol is refused before it is given anything") {
  const test::TempDir directory;
  const std::string path = scripted_runner(directory, "take()");
  std::string text = test::read_whole_file(path);
  const std::string version = "frame(65, (1, 1)";
  REQUIRE(text.find(version) != text.npos);
  text.replace(text.find(version), version.size(), "frame(65, (1, 2)");
  directory.write("runner", text);
  const test::CallStub stub;
  const plugin::Call call(stub.abi(), test::host_stub(), nullptr);
  plugin::Status status;
  CHECK(Client::open({path, "", Containment::kSubreaper}, call, status) == nullptr);
  CHECK(status.code() == EXECLET_ABI_UNAVAILABLE);
  CHECK(status.reason() == "runner.version");
  CHECK_THAT(status.message(), Catch::Contains("speaks version 2"));
}

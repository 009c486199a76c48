// SPDX-License-Identifier: Apache-2.0
//
// One lifetime rule: the end of the stream ends everything.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include <execlet/abi/base.h>

#include "catch.h"
#include "rungs.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kSlack = 64 << 20;  // freed memory is kept in quarantine
#else
constexpr std::uint64_t kSlack = 256 << 10;
#endif

}  // namespace

TEST_CASE("the end of the stream leaves no process, directory or control group") {
  const Rung rung = GENERATE(from_range(kRungs));
  INFO(rung.name);
  RunnerDriver runner(rung.options());
  REQUIRE(runner.ready());
  StartSpec spec = shell(
      "(setsid sh -c 'trap \"\" TERM HUP; while :; do echo x > file; done' &); trap '' TERM; echo begun;"
      "while :; do sleep 1; done");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 256 << 20;
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 50;
  spec.best_effort = true;
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return !outcome.out.empty(); });
  CHECK((runner.groups() > 0) == (rung.groups != GroupsInSight::kNone));
  CHECK(runner.close());  // fails if the runner left a process
  CHECK(access(runner.private_path().c_str(), F_OK) != 0);
  CHECK(runner.groups() == 0);
}

TEST_CASE("the death of the host ends everything although somebody still holds the stream") {
  const Containment mode = GENERATE(Containment::kNamespace, Containment::kSubreaper);
  // Stands for the host; the stream's other end stays open in this process, as in a child that inherited it.
  const pid_t host = fork();
  if (host == 0) {
    for (;;) pause();
  }
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, host, 0));
  REQUIRE(pidfd >= 0);
  RunnerOptions options;
  options.containment = mode;
  options.host_pidfd = pidfd;
  RunnerDriver runner(options);
  close(pidfd);
  runner.start(shell("(setsid sh -c 'trap \"\" TERM HUP; sleep 60' &); echo begun; sleep 60"));
  runner.read_until([](const RunOutcome &outcome) { return !outcome.out.empty(); });
  kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  CHECK(runner.ends_by_itself());
  CHECK(access(runner.private_path().c_str(), F_OK) != 0);
}

TEST_CASE("a client that never says what it wants is no reason to stay") {
  RunnerOptions options;
  RunnerDriver runner(options);
  CHECK(runner.close());
  CHECK(access(runner.private_path().c_str(), F_OK) != 0);
}

TEST_CASE("a set-up that cannot be honoured is refused with a reason") {
  RunnerOptions options;
  SECTION("a working directory that does not exist") {
    options.work_dir = "/no/such/directory";
    RunnerDriver runner(options);
    CHECK_FALSE(runner.ready());
    CHECK(runner.setup_failure().reason == "workspace.failed");
    CHECK(runner.setup_failure().message.find("/no/such/directory") != std::string::npos);
    CHECK(runner.close());
  }
}

TEST_CASE("a process that cannot be killed ends the instance in time, and is not left alone") {
  RunnerOptions options;
  options.containment = Containment::kSubreaper;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  // What is frozen in a group of version 1 does not die before it thaws. No program may do that: somebody else does.
  runner.start(shell("sleep 60 & echo $!; while [ ! -e go ]; do sleep 0.02; done"));
  std::string sleeper;
  runner.read_until([&](const RunOutcome &so_far) { return !(sleeper = so_far.out).empty(); });
  const std::string freeze =
      "nsenter -t " + std::to_string(runner.pid()) +
      " -m -p sh -c 'mount -t cgroup -o freezer freezer /mnt && mkdir -p /mnt/frozen-by-a-test && "
      "echo " +
      sleeper.substr(0, sleeper.find('\n')) +
      " > /mnt/frozen-by-a-test/tasks && echo FROZEN > /mnt/frozen-by-a-test/freezer.state'";
  REQUIRE(std::system(freeze.c_str()) == 0);
  runner.put("go", "");
  const RunOutcome outcome = runner.finish();
  INFO(outcome.err);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.notices.count("tree.survivors") == 1);
  CHECK(runner.survivors() == 1);
  const std::string root = "/proc/" + std::to_string(runner.pid()) + "/root/mnt";
  const int groups = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(groups >= 0);
  const int state = openat(groups, "frozen-by-a-test/freezer.state", O_WRONLY | O_CLOEXEC);
  CHECK(write(state, "THAWED", 6) == 6);
  ::close(state);
  CHECK(runner.ends_by_itself());  // fails if anything was left
  CHECK(unlinkat(groups, "frozen-by-a-test", AT_REMOVEDIR) == 0);
  ::close(groups);
}

TEST_CASE("a thousand runs leave no descriptor and no memory behind") {
  RunnerDriver runner;
  const auto descriptors = [&] { return runner.run(shell("ls /proc/1/fd | wc -l")).out; };
  const std::string before = descriptors();
  StartSpec spec;
  spec.arguments = {"/bin/true", "{snippet}"};
  spec.snippet_name = "x";
  spec.snippet = "x";
  std::uint64_t resident = 0;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(runner.run(spec).exit_code == 0);
    if (i == 100) resident = runner.resident_bytes();
  }
  CHECK(descriptors() == before);
  CHECK(runner.resident_bytes() <= resident + kSlack);
  CHECK(runner.run(shell("ls -A | wc -l")).out == "0\n");
}

TEST_CASE("control groups of a runner that was killed are removed by the next one") {
  StartSpec spec = shell("echo begun; read line");
  spec.has_input = true;
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 256 << 20;
  RunnerDriver killed;
  killed.start(spec);
  killed.read_until([](const RunOutcome &outcome) { return !outcome.out.empty(); });
  killed.kill_runner();
  CHECK(killed.groups() > 0);
  RunnerDriver next;
  spec = shell("true");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 256 << 20;
  CHECK(next.run(spec).exit_code == 0);
  CHECK(killed.groups() == 0);
}

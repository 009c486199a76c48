// SPDX-License-Identifier: Apache-2.0
#include "loader/trial_load.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <iterator>

#include "catch.h"
#include "loader/helper_program.h"
#include "loader/probe_report.h"
#include "loader/refusal.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

constexpr std::chrono::milliseconds kLong(20000);
constexpr std::chrono::milliseconds kShort(300);

const fs::path kZoo = EXECLET_TEST_ZOO_DIR;

Failure refusal_of(const std::string &name, std::chrono::milliseconds deadline = kLong) {
  Result<void> verdict = try_load(*find_helper("execlet-probe"), kZoo / (name + ".so"), deadline);
  REQUIRE_FALSE(verdict);
  CHECK_THAT(verdict.failure().message, Catch::Contains(name + ".so"));
  return verdict.failure();
}

// A program that takes the place of execlet-probe.
fs::path script(const TempDir &dir, const std::string &body) {
  fs::path file = dir.write("probe.sh", "#!/bin/bash\n" + body + "\n");
  REQUIRE(chmod(file.c_str(), 0755) == 0);
  return file;
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a good plugin passes its trial") {
  CHECK(try_load(*find_helper("execlet-probe"), kZoo / "zoo-good.so", kLong));
}

TEST_CASE("a plugin that crashes, ends or prints while it is loaded is refused with what it did") {
  CHECK(refusal_of("zoo-crash-on-load").reason == "probe.crash");
  CHECK_THAT(refusal_of("zoo-crash-on-load").message, Catch::Contains("SIGSEGV"));
  CHECK(refusal_of("zoo-crash-in-init").reason == "probe.crash");
  CHECK_THAT(refusal_of("zoo-crash-in-init").message, Catch::Contains("SIGABRT"));
  CHECK(refusal_of("zoo-exit-on-load").reason == "probe.ended");
  CHECK_THAT(refusal_of("zoo-exit-on-load").message, Catch::Contains("exit code 0"));
  CHECK(refusal_of("zoo-print-on-load").reason == "probe.output");
  CHECK_THAT(refusal_of("zoo-print-on-load").message, Catch::Contains("cannot keep quiet"));
}

TEST_CASE("a plugin that hangs while it is loaded is ended at the deadline") {
  for (const char *name : {"zoo-hang-on-load", "zoo-hang-in-init"}) {
    const auto begin = std::chrono::steady_clock::now();
    const Failure failure = refusal_of(name, kShort);
    CHECK(failure.reason == "probe.hang");
    CHECK_THAT(failure.message, Catch::Contains("0.3"));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  }
}

TEST_CASE("what the child finds wrong with the table comes back with its reason") {
  CHECK(refusal_of("zoo-null-table").reason == "table.missing");
  CHECK(refusal_of("zoo-short-table").reason == "table.size");
  CHECK(refusal_of("zoo-null-name").reason == "table.missing");
  CHECK(refusal_of("zoo-null-function").reason == "table.function");
  CHECK_THAT(refusal_of("zoo-null-function").message, Catch::Contains("instance_run"));
  CHECK(refusal_of("zoo-other-manifest").reason == "manifest.mismatch");
  CHECK(refusal_of("zoo-refuses-host").reason == "abi.minor");
  CHECK(refusal_of("zoo-no-entry").reason == "abi.entry");
  CHECK(refusal_of("zoo-fail-in-init").reason == "zoo.no-licence");
  CHECK_THAT(refusal_of("zoo-fail-in-init").message, Catch::Contains("come back tomorrow"));
}

TEST_CASE("a plugin that changes the process that loads it is refused, and all that it changed is named") {
  const Failure changed = refusal_of("zoo-changes-process");
  CHECK(changed.reason == "probe.side-effects");
  for (const char *what :
       {"the working directory", "the umask", "the locale", "SIGTERM", "the environment", "standard input"})
    CHECK_THAT(changed.message, Catch::Contains(what));
  CHECK_THAT(refusal_of("zoo-leaves-thread").message, Catch::Contains("threads: one is left behind"));
  CHECK_THAT(refusal_of("zoo-leaves-child").message, Catch::Contains("children: one is left behind"));
}

TEST_CASE("a missing dependency is named") {
  const Failure failure = refusal_of("zoo-missing-dependency");
  CHECK(failure.reason == "load.dependency");
  CHECK_THAT(failure.message, Catch::Contains("needs libzoo-dependency.so, which was not found"));
}

TEST_CASE("a probe that cannot be started is no verdict about the plugin") {
  const TempDir dir;
  const fs::path file = dir.write("probe", "not a program");
  CHECK(try_load(dir.path() / "none", "/x.so", kLong).failure().reason == "probe.start");
  CHECK(try_load(file, "/x.so", kLong).failure().reason == "probe.start");
}

TEST_CASE("a report is believed only when it is whole") {
  const TempDir dir;
  CHECK(try_load(script(dir, "printf 'ok\\n' >&3"), "/x.so", kLong));
  CHECK(try_load(script(dir, "printf 'ok' >&3"), "/x.so", kLong).failure().reason == "probe.ended");
  CHECK(try_load(script(dir, "exec 3>&-; sleep 100"), "/x.so", kLong).failure().reason == "probe.crash");
  CHECK(try_load(script(dir, "printf 'refused\\na.reason\\n' >&3"), "/x.so", kLong).failure().reason == "probe.ended");
  const Result<void> refused = try_load(script(dir, "printf 'refused\\na.reason\\nwords\\n\\n' >&3"), "/x.so", kLong);
  CHECK(refused.failure().reason == "a.reason");
  CHECK(refused.failure().message == "words");
}

TEST_CASE("a flood of output neither blocks the trial nor is it kept") {
  const TempDir dir;
  const Result<void> verdict =
      try_load(script(dir, "head -c 10000000 /dev/zero | tr '\\0' x; printf 'ok\\n' >&3"), "/x.so", kLong);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.failure().reason == "probe.output");
  CHECK(verdict.failure().message.size() < 500);
}

TEST_CASE("nothing that the trial started is left, whatever holds its streams") {
  const TempDir dir;
  const fs::path pid_file = dir.path() / "pid";
  const Result<void> verdict = try_load(
      script(dir, "sleep 1000 & echo $! > " + pid_file.string() + "; printf 'ok\\n' >&3; wait"), "/x.so", kLong);
  CHECK(verdict);
  const int pid = std::stoi(execlet::test::read_whole_file(pid_file));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool gone = false;
  while (!gone && std::chrono::steady_clock::now() < deadline) {
    const std::string state = execlet::test::read_whole_file("/proc/" + std::to_string(pid) + "/stat");
    gone = state.empty() || state.find(") Z ") != std::string::npos;
  }
  CHECK(gone);
}

TEST_CASE("no descriptor and no child is left behind") {
  const std::size_t before = open_descriptors();
  CHECK(try_load(*find_helper("execlet-probe"), kZoo / "zoo-good.so", kLong));
  refusal_of("zoo-crash-on-load");
  refusal_of("zoo-hang-on-load", kShort);
  CHECK(open_descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a host that ignores its children's ends gets a verdict as well") {
  struct sigaction ignore = {};
  struct sigaction old = {};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGCHLD, &ignore, &old) == 0);
  const Result<void> good = try_load(*find_helper("execlet-probe"), kZoo / "zoo-good.so", kLong);
  const Result<void> bad = try_load(*find_helper("execlet-probe"), kZoo / "zoo-crash-on-load.so", kLong);
  sigaction(SIGCHLD, &old, nullptr);
  CHECK(good);
  REQUIRE_FALSE(bad);
  CHECK(bad.failure().reason == "probe.ended");
}

TEST_CASE("a good verdict is remembered by the file's content, a bad one is not") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  const auto tried = [](const fs::path &path) {
    Result<RegularFile> file = RegularFile::open(path);
    REQUIRE(file);
    Result<void> verdict = ensure_tried(*file);
    return verdict ? std::string() : verdict.failure().reason;
  };
  CHECK(tried(kZoo / "zoo-good.so").empty());
  CHECK(tried(kZoo / "zoo-crash-on-load.so") == "probe.crash");
  {
    const ScopedEnv nowhere("EXECLET_LIBEXEC_DIR", "/nonexistent");
    CHECK(tried(kZoo / "zoo-good.so").empty());
    fs::copy_file(kZoo / "zoo-good.so", dir.path() / "renamed.so");
    CHECK(tried(dir.path() / "renamed.so").empty());
    CHECK(tried(kZoo / "zoo-crash-on-load.so") == "helper.missing");
  }
}

TEST_CASE("reports survive their way") {
  CHECK(parse_report(format_report({})).empty());
  const std::vector<Failure> bad = parse_report(format_report({refusal("a.b", "two\nlines"), refusal("c.d", "")}));
  REQUIRE(bad.size() == 2);
  CHECK(bad[0].reason == "a.b");
  CHECK(bad[0].message == "two lines");
  CHECK(bad[1].reason == "c.d");
  const std::string most = format_report(std::vector<Failure>(1000, refusal(std::string(9999, 'r'), "m")));
  CHECK(most.size() < 64u << 10);
  CHECK(is_whole_report(most));
}

TEST_CASE("all that is wrong with a table and all libraries that are missing come back at once") {
  const std::vector<Failure> table = trial_problems(kZoo / "zoo-two-faults.so");
  REQUIRE(table.size() == 3);
  CHECK(table[0].reason == "manifest.mismatch");
  CHECK_THAT(table[0].message, Catch::Contains("is called \"zoo-two-faults\" in its manifest"));
  CHECK(table[1].reason == "manifest.mismatch");
  CHECK_THAT(table[1].message, Catch::Contains(".execlet.manifest"));
  CHECK(table[2].reason == "table.function");
  CHECK_THAT(table[2].message, Catch::Contains("instance_run, instance_close"));

  const std::vector<Failure> missing = trial_problems(kZoo / "zoo-missing-dependency.so");
  REQUIRE(missing.size() == 2);
  CHECK_THAT(missing[0].message, Catch::Contains("needs libzoo-dependency.so"));
  CHECK_THAT(missing[1].message, Catch::Contains("needs libzoo-other-dependency.so"));
}

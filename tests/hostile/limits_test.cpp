// SPDX-License-Identifier: Apache-2.0
//
// Limits: enforced with evidence, or refused.
#include <sys/resource.h>
#include <unistd.h>

#include <execlet/abi/base.h>

#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

StartSpec python(const std::string &code) {
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c", code};
  return spec;
}

}  // namespace

TEST_CASE("a memory hog is told by the counter of its control group") {
  RunnerDriver runner;
  StartSpec spec = python("x = bytearray(200 << 20)\nprint(len(x))");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  RunOutcome outcome = runner.run(spec);
  REQUIRE(outcome.started);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_MEMORY);
  CHECK(outcome.enforced.at(EXECLET_ABI_LIMIT_MEMORY) == 64 * kMiB);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_MEMORY).find("cgroup") != std::string::npos);

  // The counter starts anew: the next run in the same group is not blamed, not even with exit code 137.
  StartSpec small = python("import os\nx = bytearray(20 << 20)\nos._exit(137)");
  small.limits = spec.limits;
  outcome = runner.run(small);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 137);
  CHECK(outcome.limits_hit == 0);
  CHECK(outcome.peak_memory > 20 * kMiB);
  CHECK(outcome.peak_memory < 64 * kMiB);

  // A looser limit after a stricter one, and its peak.
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 400 * kMiB;
  outcome = runner.run(spec);
  CHECK(outcome.out == "209715200\n");
  CHECK(outcome.peak_memory > 200 * kMiB);
  CHECK(runner.close());
  CHECK(runner.groups() == 0);
}

TEST_CASE("a child that dies of memory while its parent succeeds is noted, no more") {
  RunnerDriver runner;
  StartSpec spec = shell("python3 -S -c 'bytearray(200 << 20)'; echo survived");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "survived\n");
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_MEMORY);
  spec.arguments.back() += "; exit 1";
  CHECK(runner.run(spec).how == Ending::kLimit);
}

TEST_CASE("memory that is mapped but not touched kills nobody") {
  RunnerDriver runner;
  StartSpec spec = python("import mmap\nm = mmap.mmap(-1, 1 << 30)\nprint('fine')");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  CHECK(runner.run(spec).out == "fine\n");
}

TEST_CASE("files in memory count as the memory of their run") {
  RunnerDriver runner;
  const char *const file = GENERATE("big", "/dev/shm/execlet-hostile-big");
  StartSpec spec = shell(std::string("head -c 200000000 /dev/zero > ") + file + "; echo all of it");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  const RunOutcome outcome = runner.run(spec);
  unlink("/dev/shm/execlet-hostile-big");
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_MEMORY);
  CHECK(outcome.out.empty());
}

TEST_CASE("memory that is locked, shared or in a file without a name is limited as any other") {
  RunnerDriver runner;
  StartSpec spec = python(std::string("import ctypes, mmap, os\n"
                                      "libc = ctypes.CDLL(None)\n"
                                      "size = 200 << 20\n") +
                          GENERATE("m = mmap.mmap(-1, size)\n"
                                   "at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n"
                                   "if libc.mlock(ctypes.c_void_p(at), ctypes.c_size_t(size)) == 0: print('had it')\n",
                                   "m = mmap.mmap(-1, size, mmap.MAP_SHARED)\n"
                                   "for i in range(0, size, 4096): m[i] = 1\n"
                                   "print('had it')\n",
                                   "m = os.memfd_create('x')\n"
                                   "for i in range(200): os.write(m, bytes(1 << 20))\n"
                                   "print('had it')\n"));
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  CHECK(runner.run(spec).out.empty());
}

TEST_CASE("a limit of memory is one of memory with swap") {
  RunnerDriver runner;
  StartSpec spec = python(
      "for line in open('/proc/self/cgroup'):\n"
      "  number, kinds, path = line.strip().split(':', 2)\n"
      "  if 'memory' not in kinds.split(',') and kinds != '': continue\n"
      "  file = '/memory' + path + '/memory.memsw.limit_in_bytes' if kinds else path + '/memory.swap.max'\n"
      "  try: print(open('/sys/fs/cgroup' + file).read().strip())\n"
      "  except OSError: pass\n");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  // Neither file is there where the kernel does not account swap.
  const std::string out = runner.run(spec).out;
  CAPTURE(out);
  CHECK((out == "67108864\n" || out == "0\n" || out.empty()));
}

TEST_CASE("without control groups memory is limited per process and no hit is claimed") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  StartSpec spec = python("x = bytearray(200 << 20)");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how_limited.at(EXECLET_ABI_LIMIT_MEMORY) == "rlimit, per process, private memory only");
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err.find("MemoryError") != std::string::npos);
  CHECK(outcome.limits_hit == 0);
}

TEST_CASE("a limit per process that the system holds tighter already stays as tight") {
  RunnerOptions options;
  options.containment = Containment::kSubreaper;
  options.groups = GroupsInSight::kNone;
  options.private_memory = 48 * kMiB;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  StartSpec spec = shell("ulimit -d");
  spec.limits[EXECLET_ABI_LIMIT_MEMORY] = 64 * kMiB;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "49152\n");
  CHECK(outcome.enforced.at(EXECLET_ABI_LIMIT_MEMORY) == 48 * kMiB);
}

TEST_CASE("a limit that cannot be enforced is refused, or reported with best effort") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  CHECK(runner.abilities().count(EXECLET_ABI_LIMIT_PIDS) == 0);
  for (const std::uint32_t kind : {EXECLET_ABI_LIMIT_PIDS, EXECLET_ABI_LIMIT_CPUS}) {
    StartSpec spec = shell("echo ran");
    spec.limits[kind] = 500;
    RunOutcome outcome = runner.run(spec);
    CHECK_FALSE(outcome.started);
    CHECK(outcome.failure.code == EXECLET_ABI_POLICY);
    CHECK(outcome.failure.reason == "limits.not-enforceable");
    CHECK(outcome.failure.message.find(kind == EXECLET_ABI_LIMIT_PIDS ? "pids" : "cpus") != std::string::npos);
    spec.best_effort = true;
    outcome = runner.run(spec);
    CHECK(outcome.out == "ran\n");
    CHECK(outcome.how_limited.at(kind).empty());
  }
}

TEST_CASE("processes and threads are limited together") {
  RunnerDriver runner;
  StartSpec spec = python(
      "import threading, time\n"
      "n = 0\n"
      "try:\n"
      "  while n < 200:\n"
      "    threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); n += 1\n"
      "except RuntimeError: pass\n"
      "print(n, flush=True)\n"
      "import os; os._exit(1)");
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 20;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "19\n");
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_PIDS);
}

TEST_CASE("a limit holds for the run that asked for it, and not for the next one in the same place") {
  struct Case {
    std::uint32_t kind;
    std::uint64_t strict;
    const char *code;  // prints "fine" where it is not limited
  };
  const auto each = GENERATE(values<Case>({
      {EXECLET_ABI_LIMIT_PIDS, 3,
       "for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; kill -0 $! && echo fine; kill $(jobs -p)"},
      {EXECLET_ABI_LIMIT_MEMORY, 16 << 20, "python3 -S -c 'bytearray(100 << 20); print(\"fine\")'"},
      {EXECLET_ABI_LIMIT_CPUS, 20,
       "python3 -S -c 'import time; end = time.monotonic() + 1\n"
       "while time.monotonic() < end: pass\n"
       "print(\"fine\" if time.process_time() > 0.05 else time.process_time())'"},
  }));
  const Containment mode = GENERATE(Containment::kNamespace, Containment::kCgroup, Containment::kSubreaper);
  INFO("kind " << each.kind << " in mode " << static_cast<int>(mode));
  RunnerOptions options;
  options.containment = mode;
  RunnerDriver runner(options);
  StartSpec spec = shell(each.code);
  spec.limits[each.kind] = each.strict;
  CHECK(runner.run(spec).out != "fine\n");
  StartSpec quiet = shell("true");
  quiet.limits = spec.limits;
  CHECK(runner.run(quiet).exit_code == 0);

  spec.limits.clear();
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "fine\n");
  CHECK(outcome.limits_hit == 0);
  // One that asks for other kinds enters groups in which the limit may have been.
  spec.limits = {{EXECLET_ABI_LIMIT_PIDS, 100},
                 {EXECLET_ABI_LIMIT_MEMORY, 400 * kMiB},
                 {EXECLET_ABI_LIMIT_CPU_TIME, 20'000'000'000}};
  spec.limits.erase(each.kind);
  outcome = runner.run(spec);
  CHECK(outcome.out == "fine\n");
  CHECK(outcome.limits_hit == 0);
}

TEST_CASE("processes that are refused while a tree is killed do not count as a limit passed") {
  RunnerOptions options;
  options.containment = Containment::kSubreaper;
  RunnerDriver runner(options);
  // Forks as fast as it can, far below its limit, while its tree is killed.
  StartSpec spec = shell("(while :; do (:); done) & (while :; do (:); done) & sleep 0.1; exit 3");
  spec.limits[EXECLET_ABI_LIMIT_PIDS] = 100;
  for (int round = 0; round < 10; ++round) {
    const RunOutcome outcome = runner.run(spec);
    CHECK(outcome.how == Ending::kExited);
    CHECK(outcome.limits_hit == 0);
  }
}

TEST_CASE("open files and file size are limited per process") {
  RunnerDriver runner;
  StartSpec spec = shell("ulimit -n; ulimit -f");
  spec.limits[EXECLET_ABI_LIMIT_OPEN_FILES] = 77;
  spec.limits[EXECLET_ABI_LIMIT_FILE_SIZE] = 1024 * 1024;
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "77\n2048\n");
  CHECK(outcome.limits_hit == 0);

  spec.arguments = {"dd", "if=/dev/zero", "of=big", "bs=1M", "count=5"};
  outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_FILE_SIZE);
}

TEST_CASE("cpus are limited by a quota") {
  RunnerDriver runner;
  StartSpec spec = python("import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass");
  spec.limits[EXECLET_ABI_LIMIT_CPUS] = 200;
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.cpu_user_ns + outcome.cpu_system_ns < outcome.wall_ns / 2);
}

TEST_CASE("output beyond its limit kills, exactly the limit is kept") {
  RunnerDriver runner;
  StartSpec spec = shell("yes");
  spec.limits[EXECLET_ABI_LIMIT_OUTPUT] = 100'001;
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_OUTPUT);
  CHECK(outcome.out.size() == 100'001);
  CHECK(runner.survivors() == 0);

  spec = shell("head -c 100001 /dev/zero");
  spec.limits[EXECLET_ABI_LIMIT_OUTPUT] = 100'001;
  outcome = runner.run(spec);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.limits_hit == 0);
  CHECK(outcome.out.size() == 100'001);
}

TEST_CASE("output beyond its limit is told whenever it is seen, also after the program's end") {
  RunnerDriver runner;
  StartSpec spec = shell("echo 0123456789");
  spec.limits[EXECLET_ABI_LIMIT_OUTPUT] = 10;
  for (int round = 0; round < 20; ++round) {
    const RunOutcome outcome = runner.run(spec);
    CHECK(outcome.how == Ending::kLimit);
    CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_OUTPUT);
    CHECK(outcome.out == "0123456789");
  }
}

TEST_CASE("the private directory has a size where it is a tmpfs") {
  RunnerOptions options;
  options.disk_bytes = 64 * kMiB;
  RunnerDriver runner(options);
  StartSpec spec = shell("head -c 20971520 /dev/zero > big");
  CHECK(runner.run(spec).exit_code == 0);
  CHECK(runner.reset().reason.empty());
  spec.limits[EXECLET_ABI_LIMIT_DISK] = 4 * kMiB;
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.how == Ending::kLimit);
  CHECK(outcome.limits_hit == 1u << EXECLET_ABI_LIMIT_DISK);
  CHECK(outcome.err.find("No space left") != std::string::npos);
  // Room comes back with the next run that has no such limit.
  spec.limits.clear();
  CHECK(runner.run(spec).exit_code == 0);
  // What is already there does not fit a stricter limit: refused before anything starts.
  spec.limits[EXECLET_ABI_LIMIT_DISK] = 4 * kMiB;
  CHECK(runner.run(spec).failure.reason == "limits.not-enforceable");
}

TEST_CASE("a disk limit is refused in a directory of the user's") {
  RunnerOptions options;
  options.work_dir = "/tmp";
  RunnerDriver runner(options);
  StartSpec spec = shell("true");
  spec.limits[EXECLET_ABI_LIMIT_DISK] = 4 * kMiB;
  CHECK(runner.run(spec).failure.reason == "limits.not-enforceable");
}

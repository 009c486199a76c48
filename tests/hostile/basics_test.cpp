// SPDX-License-Identifier: Apache-2.0
//
// What every run must give: output, exit codes, honest causes, and reasons where nothing was started.
#include <csignal>
#include <fstream>

#include <execlet/abi/base.h>
#include <sys/stat.h>

#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

TEST_CASE("a program's output and exit code arrive") {
  RunnerDriver runner;
  REQUIRE(runner.ready());
  CHECK(runner.mode() == Containment::kNamespace);
  const RunOutcome outcome = runner.run(shell("echo out; echo err >&2; exit 3"));
  CHECK(outcome.started);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.out == "out\n");
  CHECK(outcome.err == "err\n");
  CHECK(outcome.wall_ns > 0);
  CHECK(outcome.peak_memory > 0);
  CHECK(runner.close());
}

TEST_CASE("exit codes that others use for a cause are the program's own") {
  RunnerDriver runner;
  for (const int code : {124, 125, 126, 127, 130, 137}) {
    const RunOutcome outcome = runner.run(shell("exit " + std::to_string(code)));
    CHECK(outcome.how == Ending::kExited);
    CHECK(outcome.exit_code == code);
    CHECK(outcome.limits_hit == 0);
  }
}

TEST_CASE("a program that kills itself is signaled, by whatever signal") {
  RunnerDriver runner;
  for (const int signal : {SIGKILL, SIGTERM, SIGSEGV, SIGHUP}) {
    const RunOutcome outcome = runner.run(shell("kill -" + std::to_string(signal) + " $$; sleep 5"));
    CHECK(outcome.how == Ending::kSignaled);
    CHECK(outcome.term_signal == signal);
    CHECK(outcome.exit_code == -1);
    CHECK(outcome.limits_hit == 0);
  }
}

TEST_CASE("a program whose recursion has no end is signaled, by SIGSEGV") {
  RunnerDriver runner;
  const RunOutcome outcome = runner.run(shell("ulimit -s 256; exec bash -c 'f() { f; }; f'"));
  CHECK(outcome.how == Ending::kSignaled);
  CHECK(outcome.term_signal == SIGSEGV);
}

TEST_CASE("what a program's loader is told reaches the program alone") {
  RunnerDriver runner;
  StartSpec spec = shell("echo ran");
  spec.environment = {"PATH=/usr/bin:/bin", "LD_PRELOAD=/nowhere/library.so", "LD_LIBRARY_PATH=/nowhere",
                      "GLIBC_TUNABLES=glibc.malloc.check=3"};
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "ran\n");
  CHECK(outcome.err.find("/nowhere/library.so") != std::string::npos);
  CHECK(runner.run(shell("echo next")).err.empty());
}

TEST_CASE("a program that cannot be started is told apart from one that ends with 127") {
  RunnerDriver runner;
  StartSpec spec;
  SECTION("not in PATH") {
    spec.arguments = {"no-such-program"};
    const RunOutcome outcome = runner.run(spec);
    CHECK_FALSE(outcome.started);
    CHECK(outcome.failure.reason == "program.missing");
    CHECK(outcome.failure.message.find("no-such-program") != std::string::npos);
    CHECK(outcome.failure.message.find("/usr/bin") != std::string::npos);
  }
  SECTION("no such path") {
    spec.arguments = {"/no/such/program"};
    CHECK(runner.run(spec).failure.reason == "program.missing");
  }
  SECTION("not executable") {
    runner.put("data", "x", 0644);
    spec.arguments = {"./data"};
    CHECK(runner.run(spec).failure.reason == "program.not-executable");
  }
  SECTION("a directory") {
    spec.arguments = {"/usr"};
    CHECK(runner.run(spec).failure.reason == "program.not-executable");
  }
  SECTION("neither ELF nor script") {
    runner.put("data", "just text", 0755);
    spec.arguments = {"./data"};
    CHECK(runner.run(spec).failure.reason == "program.not-executable");
  }
  SECTION("a script whose interpreter is missing names it") {
    runner.put("script", "#! /no/such/interpreter -x\n", 0755);
    spec.arguments = {"./script"};
    const RunOutcome outcome = runner.run(spec);
    CHECK(outcome.failure.reason == "program.interpreter-missing");
    CHECK(outcome.failure.message.find("/no/such/interpreter") != std::string::npos);
  }
  SECTION("another architecture") {
    std::string elf(
        "\x7f"
        "ELF\2\1\1",
        7);
    elf.resize(64, '\0');
    elf[16] = 2;                        // ET_EXEC
    elf[18] = static_cast<char>(0xF3);  // EM_RISCV
    elf[20] = 1;
    runner.put("program", elf, 0755);
    spec.arguments = {"./program"};
    const RunOutcome outcome = runner.run(spec);
    CHECK(outcome.failure.reason == "program.wrong-architecture");
    CHECK(outcome.failure.message.find("riscv") != std::string::npos);
  }
  SECTION("arguments that are too long") {
    spec.arguments = {"true", std::string(200 * 1024, 'x')};
    CHECK(runner.run(spec).failure.reason == "program.arguments-too-long");
  }
  // Whatever failed, the instance still works.
  CHECK(runner.run(shell("exit 127")).exit_code == 127);
  CHECK(runner.survivors() == 0);
}

TEST_CASE("a program sees only the environment and descriptors that it was given") {
  RunnerOptions options;
  options.old_kernel = GENERATE(false, true);
  RunnerDriver runner(options);
  StartSpec spec = shell("env; ls /proc/self/fd");
  spec.environment = {"PATH=/usr/bin:/bin", "ODD=a=b\nc \"d\""};
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out.find("ODD=a=b\nc \"d\"\n") != std::string::npos);
  CHECK(outcome.out.find("HOME=") == std::string::npos);
  const std::string only = "\n0\n1\n2\n3\n";  // 3 is the directory that ls reads
  CHECK(outcome.out.substr(outcome.out.size() - only.size()) == only);
}

TEST_CASE("a program starts with clean signals, in a process group of its own, without a terminal") {
  RunnerDriver runner;
  const RunOutcome outcome = runner.run(
      shell("grep -E '^Sig(Blk|Ign)' /proc/self/status; [ $(ps -o pgid= -p $$) = $$ ] && echo leader; : < /dev/tty"));
  CHECK(outcome.out.find("SigBlk:\t0000000000000000") != std::string::npos);
  CHECK(outcome.out.find("SigIgn:\t0000000000000000") != std::string::npos);
  CHECK(outcome.out.find("leader") != std::string::npos);
  CHECK(outcome.exit_code != 0);
}

TEST_CASE("the snippet is staged, runs, and is gone afterwards") {
  RunnerDriver runner;
  StartSpec spec;
  spec.arguments = {"sh", "{snippet}", "argument"};
  spec.snippet_name = "main.sh";
  spec.snippet = "echo \"$1\"; ls -A; echo $0";
  RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == "argument\n.execlet-main.sh\n" + runner.work_path() + "/.execlet-main.sh\n");
  CHECK(runner.run(shell("ls -A")).out.empty());

  spec.arguments = {"sh", "-c", "cd \"$1\" && ls; echo \"$2\"", "sh", "{dir}", "{snippet}"};
  spec.snippet_own_dir = true;
  outcome = runner.run(spec);
  CHECK(outcome.out == "main.sh\n" + runner.work_path() + "/.execlet/main.sh\n");
  CHECK(runner.run(shell("ls -A")).out.empty());
}

TEST_CASE("a snippet of many frames arrives whole") {
  RunnerDriver runner;
  StartSpec spec;
  spec.arguments = {"sh", "-c", "wc -c < \"$1\"", "sh", "{snippet}"};
  spec.snippet_name = "big.txt";
  spec.snippet = std::string(3'000'001, 'x');
  CHECK(runner.run(spec).out == "3000001\n");
}

TEST_CASE("standard input is empty unless given, and is passed on whole") {
  RunnerDriver runner;
  CHECK(runner.run(shell("wc -c")).out == "0\n");
  StartSpec spec = shell("wc -c");
  spec.has_input = true;
  runner.start(spec);
  const std::string chunk(200'000, 'x');
  for (int i = 0; i < 5; ++i) runner.input(chunk, i == 4);
  CHECK(runner.finish().out == "1000000\n");
  // Input that nobody reads does not hold the end of the run.
  spec = shell("exec <&-; echo closed");
  spec.has_input = true;
  runner.start(spec);
  for (int i = 0; i < 5; ++i) runner.input(chunk, false);
  CHECK(runner.finish().out == "closed\n");
}

TEST_CASE("frames that are malformed or out of order end the runner, not the machine") {
  RunnerDriver runner;
  SECTION("a forged length") {
    runner.send(std::string("\1\0\0\0\xff\xff\xff\x7f", 8));
  }
  SECTION("more input than the window") {
    StartSpec spec = shell("sleep 30");
    spec.has_input = true;
    runner.start(spec);
    for (int i = 0; i < 8; ++i) runner.input(std::string(250'000, 'x'), false);
  }
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.lost);
  CHECK(runner.close());
}

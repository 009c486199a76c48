// SPDX-License-Identifier: Apache-2.0
//
// From request to result over a fake backend: outcomes, streams, limits, blocks, input.
#include <poll.h>

#include <atomic>
#include <functional>
#include <thread>

#include "catch.h"
#include "fake_plugin.h"

using namespace execlet::core;
using namespace execlet::core::test;
using namespace std::chrono_literals;

TEST_CASE("A run gives its streams, its exit code and who ran it") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    run.output(1, "out");
    run.output(2, "err");
    run.output(1, "put");
    run.result->wall_ns = 5;
    run.result->peak_memory_bytes = 4096;
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  EventLog events;
  const RunResult result = fake.execute(code_request("code"), events.callback());
  CHECK(result.status == EXECLET_OK);
  CHECK(result.exit_code == 0);
  CHECK(result.output == "output");
  CHECK(result.error == "err");
  CHECK(result.wall_ns == 5);
  CHECK(result.peak_memory_bytes == 4096);
  CHECK(result.failure.reason.empty());
  CHECK(result.failure.started);
  CHECK(result.executor == "test");
  CHECK(result.backend == "fake");
  CHECK_FALSE(result.execution_id.empty());
  CHECK(events.lines() == std::vector<std::string>{"started", "stdout out", "stderr err", "stdout put"});
}

TEST_CASE("Each outcome has its status, its exit code of the tool and one line that says why") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  struct Case {
    std::function<execlet_abi_status(FakeRun &)> run;
    execlet_status status;
    int cli;
    std::string reason;
    std::string message;
  };
  const std::vector<Case> cases = {
      {[](FakeRun &run) { return run.exit(3); }, EXECLET_FAILED, 3, "", ""},
      {[](FakeRun &run) { return run.exit(124); }, EXECLET_FAILED, 124, "", ""},
      {[](FakeRun &run) {
         run.result->term_signal = 11;
         return run.end(EXECLET_ABI_OUTCOME_SIGNALED);
       },
       EXECLET_SIGNALED, 139, "run.signal", "killed by signal 11 (SIGSEGV)"},
      {[](FakeRun &run) { return run.end(EXECLET_ABI_OUTCOME_TIMED_OUT); }, EXECLET_TIMED_OUT, 124, "run.timeout",
       "timed out after 30 s"},
      {[](FakeRun &run) {
         run.limit(EXECLET_ABI_LIMIT_MEMORY, 512u << 20, "box");
         run.result->limits_hit = 1u << EXECLET_ABI_LIMIT_MEMORY;
         return run.end(EXECLET_ABI_OUTCOME_LIMIT);
       },
       EXECLET_RESOURCE_EXHAUSTED, 137, "limits.memory", "killed: memory limit 512 MiB"},
      {[](FakeRun &run) {
         run.limit(EXECLET_ABI_LIMIT_MEMORY, 64u << 20, "box");
         run.result->limits_hit = 1u << EXECLET_ABI_LIMIT_MEMORY | 1u << EXECLET_ABI_LIMIT_DISK;
         run.result->exit_code = 3;
         return run.end(EXECLET_ABI_OUTCOME_LIMIT);
       },
       EXECLET_RESOURCE_EXHAUSTED, 137, "limits.memory",
       "exited with code 3 after reaching the memory limit 64 MiB, the disk limit"},
      {[](FakeRun &run) {
         run.limit(EXECLET_ABI_LIMIT_PIDS, 5, "box");
         run.result->limits_hit = 1u << EXECLET_ABI_LIMIT_PIDS;
         run.result->term_signal = 6;
         return run.end(EXECLET_ABI_OUTCOME_LIMIT);
       },
       EXECLET_RESOURCE_EXHAUSTED, 137, "limits.pids", "killed by signal 6 (SIGABRT) after reaching the pids limit 5"},
      {[](FakeRun &run) {
         run.fail(EXECLET_ABI_OK, "kernel.died", "the kernel died of a segfault");
         return run.end(EXECLET_ABI_OUTCOME_DIED);
       },
       EXECLET_FAILED, 1, "kernel.died", "the kernel died of a segfault"},
      {[](FakeRun &run) { return run.end(EXECLET_ABI_OUTCOME_NONE); }, EXECLET_INTERNAL_ERROR, 125, "plugin.outcome",
       "the backend did not say how the code ended (outcome 0)"},
      {[](FakeRun &run) { return run.fail(EXECLET_ABI_UNAVAILABLE, "", ""); }, EXECLET_UNAVAILABLE, 125, "backend.lost",
       "backend \"fake\" was lost while the code ran"},
      {[](FakeRun &run) { return run.fail(EXECLET_ABI_POLICY, "limits.not-enforceable", "no cgroups"); },
       EXECLET_REJECTED, 125, "limits.not-enforceable", "no cgroups"},
      {[](FakeRun &run) { return run.fail(EXECLET_ABI_UNSUPPORTED, "language.missing-tool", "no php here"); },
       EXECLET_LANGUAGE_NOT_SUPPORTED, 125, "language.missing-tool", "no php here"},
      {[](FakeRun &run) { return run.fail(EXECLET_ABI_UNSUPPORTED, "feature.tty", "no terminal"); }, EXECLET_REJECTED,
       125, "feature.tty", "no terminal"},
      {[](FakeRun &run) { return run.fail(99, "", ""); }, EXECLET_INTERNAL_ERROR, 125, "plugin.fault",
       "backend \"fake\" failed without saying why"},
  };
  for (const Case &expected : cases) {
    plugin.run = [&](FakeRun &run) {
      run.started();
      return expected.run(run);
    };
    Request request = code_request();
    request.timeout = 30;
    const RunResult result = fake.execute(request);
    CAPTURE(expected.message);
    CHECK(result.status == expected.status);
    CHECK(cli_exit_code(result) == expected.cli);
    CHECK(result.failure.reason == expected.reason);
    CHECK(result.failure.message == expected.message);
    CHECK(result.failure.started);
  }
}

TEST_CASE("A program that reached a limit and then ended by itself keeps its exit code") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    run.result->limits_hit = 1u << EXECLET_ABI_LIMIT_DISK;
    run.result->exit_code = run.code() == "fails" ? 4 : 0;
    return run.end(EXECLET_ABI_OUTCOME_LIMIT);
  };
  FakeExecutor fake(plugin);
  const RunResult failed = fake.execute(code_request("fails"));
  CHECK(failed.status == EXECLET_RESOURCE_EXHAUSTED);
  CHECK(failed.exit_code == 4);
  CHECK_FALSE(fake.execute(code_request("is killed")).exit_code.has_value());
}

TEST_CASE("An execution that nobody came to run does not hold up the end of its executor") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  fake.executor->begin(std::make_shared<const Request>(code_request()), {});
  CHECK(fake.executor->stop().ok());
}

TEST_CASE("Blocks run in one instance in order and stop at the first that is not ok") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    run.output(1, std::string(run.code()) + ";");
    run.result->wall_ns = 10;
    run.result->peak_memory_bytes = run.code() == "a" ? 100 : 50;
    return run.exit(run.code() == "bad" ? 7 : 0);
  };
  FakeExecutor fake(plugin);
  Request request;
  request.language = "bash";
  request.has_blocks = true;
  request.blocks = {{"", "a"}, {"python", "b"}, {"", "bad"}, {"", "never"}};
  const RunResult result = fake.execute(request);
  CHECK(result.status == EXECLET_FAILED);
  CHECK(result.exit_code == 7);
  CHECK(result.output == "a;b;bad;");
  REQUIRE(result.blocks.size() == 3);
  CHECK(result.blocks[0].status == EXECLET_OK);
  CHECK(result.blocks[1].output == "b;");
  CHECK(result.blocks[2].exit_code == 7);
  CHECK(result.blocks[2].execution_id == result.execution_id);
  CHECK(result.wall_ns == 30);
  CHECK(result.peak_memory_bytes == 100);
  CHECK(plugin.opened == 1);
  CHECK(plugin.resets == 0);
}

TEST_CASE("Files come with the first block only, so that a later one finds what an earlier one made of them") {
  FakePlugin plugin;
  std::vector<std::uint64_t> file_counts;
  plugin.run = [&](FakeRun &run) {
    file_counts.push_back(run.request->file_count);
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request;
  request.language = "python";
  request.has_blocks = true;
  request.blocks = {{"", "1"}, {"", "# filename: b.py\n2"}};
  request.files = {{"data.txt", "x"}};
  CHECK(fake.execute(request).status == EXECLET_OK);
  CHECK(file_counts == std::vector<std::uint64_t>{1, 1});
}

TEST_CASE("Input given with a request is read to its end") {
  FakePlugin plugin;
  std::string read;
  plugin.run = [&](FakeRun &run) {
    run.started();
    CHECK((run.request->flags & EXECLET_ABI_REQUEST_HAS_INPUT) != 0);
    read = run.read_all();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.stdin_data = std::string(10000, 'x');
  CHECK(fake.execute(request).status == EXECLET_OK);
  CHECK(read == request.stdin_data);
}

TEST_CASE("A writer of input waits for the program, and nothing of a large input is lost") {
  FakePlugin plugin;
  std::string read;
  plugin.run = [&](FakeRun &run) {
    run.started();
    read = run.read_all();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.open_stdin = true;
  const auto execution = fake.submit(request);
  std::string sent;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(10000, static_cast<char>('a' + i % 26));
    REQUIRE(execution->write_input(piece));
    sent += piece;
  }
  execution->end_input();
  CHECK(execution->result().status == EXECLET_OK);
  CHECK(read == sent);
  CHECK_FALSE(execution->write_input("late"));
}

TEST_CASE("A writer that waits for room is released when the execution ends") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    run.wait_for_cancel();
    return run.end(EXECLET_ABI_OUTCOME_CANCELLED);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.open_stdin = true;
  const auto execution = fake.submit(request);
  bool taken = true;
  std::thread writer([&] { taken = execution->write_input(std::string(1 << 20, 'x')); });
  execution->cancel();
  CHECK(execution->result().status == EXECLET_CANCELLED);
  writer.join();
  CHECK_FALSE(taken);
}

TEST_CASE("A plugin that has no room for input is not kept awake by it") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    pollfd fd{run.call->wake_fd, POLLIN, 0};
    CHECK(::poll(&fd, 1, 10000) == 1);  // there is input
    CHECK(run.cancelled() == EXECLET_ABI_CANCEL_NONE);
    CHECK(::poll(&fd, 1, 0) == 0);  // seen, not taken
    char byte = 0;
    uint64_t got = 0;
    CHECK(run.call->read_input(run.call->ctx, &byte, 1, &got) == EXECLET_ABI_OK);
    CHECK(::poll(&fd, 1, 0) == 1);  // there is more
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.stdin_data = "two";
  CHECK(fake.execute(request).status == EXECLET_OK);
}

TEST_CASE("A thousand submitted runs each give their own result") {
  FakePlugin plugin;
  plugin.run = [](FakeRun &run) {
    run.started();
    run.output(1, run.code());
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  std::vector<std::shared_ptr<Execution>> executions;
  for (int i = 0; i < 1000; ++i) executions.push_back(fake.submit(code_request(std::to_string(i))));
  for (int i = 0; i < 1000; ++i) REQUIRE(executions[static_cast<std::size_t>(i)]->result().output == std::to_string(i));
  CHECK_FALSE(plugin.overlapped);
}

TEST_CASE("Many threads that execute on one executor do not meet in an instance") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) right += fake.execute(code_request()).status == EXECLET_OK ? 1 : 0;
    });
  }
  for (std::thread &thread : threads) thread.join();
  CHECK(right == 64 * 20);
  CHECK_FALSE(plugin.overlapped);
}

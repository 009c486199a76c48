// SPDX-License-Identifier: Apache-2.0
//
// From a cancel to the result of a run whose processes have scattered, and that none of them is left then.
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "embedded.h"
#include "rows.h"

namespace execlet::bench {
namespace {

constexpr const char *kProcesses = "50";

int running(const std::string &program) {
  int count = 0;
  for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string line((std::istreambuf_iterator<char>(file)), {});
    if (line.compare(0, program.size() + 1, program.c_str(), program.size() + 1) == 0) ++count;
  }
  return count;
}

double time_to_kill(const Executor &executor, const Request &request, const std::string &program) {
  std::promise<void> ready;
  const auto on_event = [](void *ctx, execlet_execution *, const execlet_event *event) {
    if (event->type == EXECLET_EVENT_STDOUT) static_cast<std::promise<void> *>(ctx)->set_value();
  };
  const Execution execution(execlet_executor_submit(executor.get(), request.get(), on_event, &ready));
  ready.get_future().wait();
  const double begin = now();
  execlet_execution_cancel(execution.get());
  const execlet_status status = execlet_result_status(execlet_execution_result(execution.get()));
  const double took = now() - begin;
  if (status != EXECLET_CANCELLED) fail("the tree of processes ended by itself");
  if (const int left = running(program); left != 0) fail(std::to_string(left) + " processes of the tree are left");
  return took;
}

}  // namespace

std::vector<Row> kill_rows(const Setup &setup) {
  const std::string program = setup.tools + "/execlet-bench-tree";
  const Runtime runtime = open_runtime();
  const Executor executor =
      make_executor(runtime, R"({"backend": "local", "options": {"executors": {"tree": {"executable": ")" + program +
                                 R"(", "file_extension": ".txt"}}}})");
  const Request request = make_request("tree", "x", {kProcesses});
  execlet_request_set_kill_grace(request.get(), 0);
  std::vector<double> times;
  for (int i = 0; i < setup.rounds(30); ++i) times.push_back(time_to_kill(executor, request, program));
  const double took = median(std::move(times)) * 1e3;
  return {at_most("cancel to result, tree of 50 `setsid` processes", "-", number(took, "ms"), took, 10, "ms")};
}

}  // namespace execlet::bench

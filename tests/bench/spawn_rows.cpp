// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <memory>

#include "../support/temp_dir.h"
#include "bare.h"
#include "embedded.h"
#include "rows.h"

namespace execlet::bench {
namespace {

// A language whose interpreter is /bin/true: all that is left is what running costs.
constexpr const char *kTrue =
    R"({"backend": "local", "options": {"executors": {"true": {"executable": "/bin/true", "file_extension": ".txt"}}}})";
// The interpreter by path: what "python3" means in PATH may be a script that looks for it.
constexpr const char *kPython =
    R"({"backend": "local", "options": {"executors": {"python": {"executable": "/usr/bin/python3"}}}})";
constexpr const char *kHello = "print('hello')\n";

// A script for the bare candidate, so that both run the same argv; removed with the object.
class Script {
 public:
  explicit Script(const char *content) : path_(directory_.write("script", content).string()) {}
  const std::string &path() const { return path_; }

 private:
  const test::TempDir directory_;
  const std::string path_;
};

Pair time_language(int rounds, const Executor &executor, const Argv &argv, const char *language, const char *code) {
  const Request request = make_request(language, code);
  return interleave(
      rounds, [&] { bare_run(argv); }, [&] { execute(executor, request); });
}

// What a host of a real application weighs; a fork of it would cost 20 ms.
std::unique_ptr<char[]> touched_memory() {
  constexpr std::size_t kSize = std::size_t{500} << 20;
  auto memory = std::make_unique<char[]>(kSize);
  std::memset(memory.get(), 1, kSize);
  return memory;
}

}  // namespace

std::vector<Row> spawn_rows(const Setup &setup) {
  const Script script("x");
  const Script hello(kHello);
  const Argv true_argv = {"/bin/true", script.path()};
  const Argv python_argv = {"/usr/bin/python3", hello.path()};
  const Runtime runtime = open_runtime();
  const Executor true_executor = make_executor(runtime, kTrue);
  const Executor python = make_executor(runtime, kPython);

  std::vector<Row> rows;
  rows.push_back(at_most_times("`true`, warm instance, embedded API",
                               time_language(setup.rounds(1000), true_executor, true_argv, "true", "x"), 1.15));
  {
    const auto memory = touched_memory();
    rows.push_back(at_most_times("the same from a host with 500 MB resident",
                                 time_language(setup.rounds(500), true_executor, true_argv, "true", "x"), 1.15));
  }
  rows.push_back(at_most_times("fresh `python3 hello.py`",
                               time_language(setup.rounds(300), python, python_argv, "python", kHello), 1.02));

  const Argv empty = {setup.tools + "/execlet-bench-empty"};
  const Argv cli = {setup.tools + "/execlet", "--version"};
  const Pair start = interleave(
      setup.rounds(300), [&] { bare_run(empty); }, [&] { bare_run(cli); });
  rows.push_back(at_most("`execlet --version` above an empty C++ program", microseconds(start.bare),
                         microseconds(start.ours), (start.ours - start.bare) * 1e3, 1.0, "ms"));
  return rows;
}

std::vector<Row> throughput_rows(const Setup &setup) {
  const Script script("x");
  const Argv argv = {"/bin/true", script.path()};
  const Runtime runtime = open_runtime();
  const Executor executor = make_executor(runtime, kTrue);
  const Request request = make_request("true", "x");
  const int total = setup.quick ? 100 : 2000;

  std::vector<Row> rows;
  for (const int in_flight : {2, 64}) {
    std::vector<double> bare, ours;
    for (int round = 0; round < setup.rounds(5); ++round) {
      bare.push_back(bare_rate(argv, total, in_flight));
      ours.push_back(run_rate(executor, request, total, in_flight));
    }
    rows.push_back(at_least_times("throughput of `true`, " + std::to_string(in_flight) + " in flight", median(bare),
                                  median(ours), "/s", 0.9));
  }
  return rows;
}

}  // namespace execlet::bench

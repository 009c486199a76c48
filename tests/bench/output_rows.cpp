// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>
#include <fstream>

#include "bare.h"
#include "embedded.h"
#include "rows.h"

namespace execlet::bench {
namespace {

// A value of /proc/self/status in bytes.
double status_bytes(const char *key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key, 0) == 0) return std::stod(line.substr(std::strlen(key) + 1)) * 1024;
  fail(std::string("no ") + key + " in /proc/self/status");
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace

double peak_resident_bytes() {
  return status_bytes("VmHWM");
}
double resident_bytes() {
  return status_bytes("VmRSS");
}

std::vector<Row> output_rows(const Setup &setup) {
  const std::uint64_t total = setup.quick ? 32 << 20 : std::uint64_t{1} << 30;
  const std::string writer = setup.tools + "/execlet-bench-writer";
  const Runtime runtime = open_runtime();
  const Executor executor =
      make_executor(runtime, R"({"backend": "local", "options": {"executors": {"writer": {"executable": ")" + writer +
                                 R"(", "file_extension": ".txt"}}}})");
  execute(executor, make_request("writer", "x", {"4096", "1"}));
  const double before = resident_bytes();
  forget_peak();

  std::vector<Row> rows;
  for (const auto &[chunk, target] : {std::pair{"4096", 0.8}, std::pair{"65536", 0.45}}) {
    const std::vector<std::string> args = {chunk, std::to_string(total)};
    const Request request = make_request("writer", "x", args);
    const Pair pair = interleave(
        setup.rounds(5),
        [&] {
          if (bare_drain({writer, chunk, args[1]}) != total) fail("the bare pipe lost bytes");
        },
        [&] {
          const Result result = execute(executor, request);
          std::size_t kept = 0;
          execlet_result_output(result.get(), &kept);
          if (kept + execlet_result_truncated_bytes(result.get(), 1) != total)
            fail("the host did not count every byte");
        });
    const double megabytes = static_cast<double>(total) / 1e6;
    rows.push_back(at_least_times(std::string("1 GB of output in writes of ") + chunk + " bytes", megabytes / pair.bare,
                                  megabytes / pair.ours, "MB/s", target));
  }
  const double growth = (peak_resident_bytes() - before) / (1 << 20);
  rows.push_back(at_most("host's memory growth meanwhile, 10 MiB kept", "-", number(growth, "MiB"), growth, 40, "MiB"));
  return rows;
}

std::vector<Row> core_rows(const Setup &setup) {
  const Runtime runtime = open_runtime(setup.plugin_dir);
  execlet_text_free(execlet_runtime_plugins_json(runtime.get()));
  const double resident = resident_bytes() / (1 << 20);
  const Executor executor = make_executor(runtime, R"({"backend": "noop"})");
  const Request request = make_request("any", "x");
  std::vector<double> direct, submitted;
  for (int i = 0; i < setup.rounds(5000); ++i) {
    const double begin = now();
    execute(executor, request);
    const double middle = now();
    const Execution execution(execlet_executor_submit(executor.get(), request.get(), nullptr, nullptr));
    if (execlet_result_status(execlet_execution_result(execution.get())) != EXECLET_OK) fail("the noop plugin failed");
    direct.push_back(middle - begin);
    submitted.push_back(now() - middle);
  }
  const double call = median(std::move(direct)), turn = median(std::move(submitted));
  return {at_most("host's memory, all plugins discovered", "-", number(resident, "MiB"), resident, 8, "MiB"),
          at_most("no-op plugin, call to result", "-", microseconds(call), call * 1e6, 15, "us"),
          at_most("no-op plugin, submit to result", "-", microseconds(turn), turn * 1e6, 15, "us")};
}

}  // namespace execlet::bench

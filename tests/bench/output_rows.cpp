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

// The host keeps what it keeps by default; the rest is counted, or given to a callback that counts it.
void relay(const Executor &executor, const Request &request, std::uint64_t total, bool streamed) {
  std::uint64_t seen = 0;
  const auto count = [](void *ctx, execlet_execution *, const execlet_event *event) {
    if (event->type == EXECLET_EVENT_STDOUT) *static_cast<std::uint64_t *>(ctx) += event->size;
  };
  const Result result =
      streamed ? execute(executor, request, EXECLET_OK, count, &seen) : execute(executor, request, EXECLET_OK);
  std::size_t kept = 0;
  execlet_result_output(result.get(), &kept);
  if (kept + execlet_result_truncated_bytes(result.get(), 1) != total) fail("the host did not count every byte");
  if (streamed && seen != total) fail("the callback did not see every byte");
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
  for (const bool streamed : {false, true}) {
    for (const auto &[chunk, target] : {std::pair{"4096", 0.8}, std::pair{"65536", 0.45}}) {
      const std::vector<std::string> args = {chunk, std::to_string(total)};
      const Request request = make_request("writer", "x", args);
      const Pair pair = interleave(
          setup.rounds(7),
          [&] {
            if (bare_drain({writer, chunk, args[1]}) != total) fail("the bare pipe lost bytes");
          },
          [&] { relay(executor, request, total, streamed); });
      const double megabytes = static_cast<double>(total) / 1e6;
      const double bare = megabytes / pair.bare, ours = megabytes / pair.ours;
      rows.push_back(
          streamed ? for_information(std::string("1 GB given to a callback, writes of ") + chunk, bare, ours, "MB/s")
                   : at_least_times(std::string("1 GB kept in part and counted, writes of ") + chunk, bare, ours,
                                    "MB/s", target));
    }
  }
  const double growth = (peak_resident_bytes() - before) / (1 << 20);
  rows.push_back(at_most("host's memory growth meanwhile, 10 MiB kept", "-", number(growth, "MiB"), growth, 40, "MiB"));
  return rows;
}

}  // namespace execlet::bench

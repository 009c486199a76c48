// SPDX-License-Identifier: Apache-2.0
//
// What everything is compared with: posix_spawn and wait, nothing else.
#ifndef EXECLET_BENCH_BARE_H
#define EXECLET_BENCH_BARE_H

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace execlet::bench {

using Argv = std::vector<std::string>;

// Starts argv[0] with stdin, stdout and stderr on /dev/null and the environment that the backend `local` gives.
pid_t bare_spawn(const Argv &argv);

// bare_spawn and wait; anything but exit code 0 is a failure of the benchmark.
void bare_run(const Argv &argv);

// `total` runs with at most `in_flight` at a time; returns runs per second.
double bare_rate(const Argv &argv, int total, int in_flight);

// Runs argv with its output on a pipe, reads that to the end and drops it; returns the bytes read.
std::uint64_t bare_drain(const Argv &argv);

}  // namespace execlet::bench

#endif

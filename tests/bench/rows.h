// SPDX-License-Identifier: Apache-2.0
//
// The groups of measurements; each returns its lines of the table.
#ifndef EXECLET_BENCH_ROWS_H
#define EXECLET_BENCH_ROWS_H

#include <string>
#include <vector>

#include "measure.h"

namespace execlet::bench {

struct Setup {
  bool quick;              // a few rounds only: shows that the benchmark works, says little about speed
  std::string tools;       // directory of execlet and of execlet-bench-writer, -tree, -empty
  std::string plugin_dir;  // with noop.so
  int rounds(int full) const { return quick ? 3 : full; }
};

// One program after the other: `true`, the same from a large host, python, the command line tool.
std::vector<Row> spawn_rows(const Setup &setup);
// Runs per second with several in flight.
std::vector<Row> throughput_rows(const Setup &setup);
// From deadline plus grace to the result.
std::vector<Row> deadline_rows(const Setup &setup);
// A gigabyte of output through the host.
std::vector<Row> output_rows(const Setup &setup);
// The core alone: a backend that does nothing, and the host's memory.
std::vector<Row> core_rows(const Setup &setup);
// Who gets which instance: pools, many threads, sessions.
std::vector<Row> lifetime_rows(const Setup &setup);
// A directory of a hundred plugins.
std::vector<Row> discovery_rows(const Setup &setup);
// The end of a tree of processes.
std::vector<Row> kill_rows(const Setup &setup);

// Body of the process that deadline_rows starts for the fork bomb: enters the control group whose list of members is
// named and namespaces of its own, prints the median in seconds.
int fork_bomb_main(int rounds, const char *members);
// Body of the process that discovery_rows starts: prints seconds and bytes.
int discovery_main(const char *directory);

// Peak and present resident memory of this process in bytes.
double peak_resident_bytes();
double resident_bytes();

}  // namespace execlet::bench

#endif

// SPDX-License-Identifier: Apache-2.0
//
// How the benchmarks measure: candidates take turns inside one loop of rounds, so that whatever else the machine does
// hits all of them alike; what counts is the median.
#ifndef EXECLET_BENCH_MEASURE_H
#define EXECLET_BENCH_MEASURE_H

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace execlet::bench {

// Seconds of CLOCK_MONOTONIC.
double now();

double median(std::vector<double> samples);

// Times `bare` and `ours` alternately, `rounds` times each after a few unmeasured ones, and returns the medians in
// seconds.
struct Pair {
  double bare;
  double ours;
};
Pair interleave(int rounds, const std::function<void()> &bare, const std::function<void()> &ours);

// One line of the table. `bare` is 0 where there is nothing to compare with; `value` is what the target speaks of.
struct Row {
  std::string name;
  std::string bare;
  std::string ours;
  std::string value;
  std::string target;
  bool met;
};

std::string microseconds(double seconds);
std::string number(double value, const char *unit);

// "ours" must be at most (or at least) `target` times "bare".
Row at_most_times(std::string name, Pair pair, double target);
Row at_least_times(std::string name, double bare_rate, double our_rate, const char *unit, double target);
// The same, of which no target speaks.
Row for_information(std::string name, double bare_rate, double our_rate, const char *unit);
Row at_most(std::string name, std::string bare, std::string ours, double value, double target, const char *unit);

void print_table(const std::vector<Row> &rows);

// A measurement that could not be made is never left out of the table silently: it ends the program, which on the way
// removes what it has made.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] void fail(const std::string &what);

}  // namespace execlet::bench

#endif

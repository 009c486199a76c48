// SPDX-License-Identifier: Apache-2.0
#include "measure.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

namespace execlet::bench {

double now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double median(std::vector<double> samples) {
  if (samples.empty()) fail("no samples");
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

Pair interleave(int rounds, const std::function<void()> &bare, const std::function<void()> &ours) {
  constexpr int kWarmUp = 3;
  std::vector<double> bare_times, our_times;
  const auto timed = [](const std::function<void()> &body, std::vector<double> &times) {
    const double begin = now();
    body();
    times.push_back(now() - begin);
  };
  for (int i = 0; i < kWarmUp + rounds; ++i) {
    if (i == kWarmUp) bare_times.clear(), our_times.clear();
    if (i % 2 == 0) timed(bare, bare_times);
    timed(ours, our_times);
    if (i % 2 != 0) timed(bare, bare_times);
  }
  return {median(std::move(bare_times)), median(std::move(our_times))};
}

std::string number(double value, const char *unit) {
  char text[64];
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  std::snprintf(text, sizeof text, "%.*f%s%s", decimals, value, *unit == 'x' ? "" : " ", unit);
  return text;
}

std::string microseconds(double seconds) {
  return seconds < 0.01 ? number(seconds * 1e6, "us") : number(seconds * 1e3, "ms");
}

Row at_most_times(std::string name, Pair pair, double target) {
  const double ratio = pair.ours / pair.bare;
  return {std::move(name),    microseconds(pair.bare),     microseconds(pair.ours),
          number(ratio, "x"), "<= " + number(target, "x"), ratio <= target};
}

Row at_least_times(std::string name, double bare_rate, double our_rate, const char *unit, double target) {
  const double ratio = our_rate / bare_rate;
  return {std::move(name),    number(bare_rate, unit),     number(our_rate, unit),
          number(ratio, "x"), ">= " + number(target, "x"), ratio >= target};
}

Row for_information(std::string name, double bare_rate, double our_rate, const char *unit) {
  Row row = at_least_times(std::move(name), bare_rate, our_rate, unit, 0);
  row.target = "-";
  return row;
}

Row at_most(std::string name, std::string bare, std::string ours, double value, double target, const char *unit) {
  return {std::move(name), std::move(bare), std::move(ours), number(value, unit), "<= " + number(target, unit),
          value <= target};
}

void print_table(const std::vector<Row> &rows) {
  std::printf("| %-44s | %-10s | %-10s | %-9s | %-11s | %-3s |\n", "what", "bare", "execlet", "value", "target", "met");
  std::printf("|%s|%s|%s|%s|%s|%s|\n", std::string(46, '-').c_str(), std::string(12, '-').c_str(),
              std::string(12, '-').c_str(), std::string(11, '-').c_str(), std::string(13, '-').c_str(), "-----");
  for (const Row &row : rows)
    std::printf("| %-44s | %-10s | %-10s | %-9s | %-11s | %-3s |\n", row.name.c_str(), row.bare.c_str(),
                row.ours.c_str(), row.value.c_str(), row.target.c_str(), row.met ? "yes" : "NO");
  std::fflush(stdout);
}

void fail(const std::string &what) {
  throw Failed(what);
}

}  // namespace execlet::bench

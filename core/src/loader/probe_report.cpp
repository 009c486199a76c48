// SPDX-License-Identifier: Apache-2.0
#include "probe_report.h"

#include <algorithm>

#include "refusal.h"

namespace execlet::core {
namespace {

constexpr std::string_view kGood = "ok\n";
constexpr std::string_view kRefused = "refused\n";
constexpr std::string_view kEnd = "\n\n";
// Together less than a pipe holds, so that the child is not held up by a parent that is.
constexpr std::size_t kMostProblems = 24;
constexpr std::size_t kMostText = 1024;

// Never empty: an empty line ends the report.
std::string one_line(std::string text) {
  if (text.empty()) return "-";
  if (text.size() > kMostText) text.resize(kMostText);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string_view take_line(std::string_view &text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::string format_report(const std::vector<Failure> &problems) {
  if (problems.empty()) return std::string(kGood);
  std::string report(kRefused);
  for (std::size_t i = 0; i < std::min(problems.size(), kMostProblems); ++i)
    report += one_line(problems[i].reason) + "\n" + one_line(problems[i].message) + "\n";
  return report + "\n";
}

bool is_whole_report(std::string_view report) {
  return report == kGood || (report.substr(0, kRefused.size()) == kRefused && report.size() > kEnd.size() &&
                             report.substr(report.size() - kEnd.size()) == kEnd);
}

std::vector<Failure> parse_report(std::string_view report) {
  if (report == kGood) return {};
  if (!is_whole_report(report)) return {refusal("probe.ended", "the trial load gave no verdict")};
  report.remove_prefix(kRefused.size());
  report.remove_suffix(1);
  std::vector<Failure> problems;
  while (!report.empty()) {
    const std::string_view reason = take_line(report);
    problems.push_back(refusal(std::string(reason), std::string(take_line(report))));
  }
  return problems;
}

}  // namespace execlet::core

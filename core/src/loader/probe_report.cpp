// SPDX-License-Identifier: Apache-2.0
#include "probe_report.h"

#include <algorithm>

#include "refusal.h"

namespace execlet::core {
namespace {

constexpr std::string_view kGood = "ok\n";
constexpr std::string_view kRefused = "refused\n";
constexpr std::string_view kEnd = "\n\n";

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string format_report(const Result<void> &verdict) {
  if (verdict) return std::string(kGood);
  return std::string(kRefused) + one_line(verdict.failure().reason) + "\n" + one_line(verdict.failure().message) +
         std::string(kEnd);
}

bool is_whole_report(std::string_view report) {
  return report == kGood || (report.substr(0, kRefused.size()) == kRefused && report.size() > kEnd.size() &&
                             report.substr(report.size() - kEnd.size()) == kEnd);
}

Result<void> parse_report(std::string_view report) {
  if (report == kGood) return {};
  if (!is_whole_report(report)) return refusal("probe.ended", "the trial load gave no verdict");
  report.remove_prefix(kRefused.size());
  report.remove_suffix(kEnd.size());
  const std::size_t end = std::min(report.find('\n'), report.size());
  return refusal(std::string(report.substr(0, end)), std::string(report.substr(std::min(end + 1, report.size()))));
}

}  // namespace execlet::core

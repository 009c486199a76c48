// SPDX-License-Identifier: Apache-2.0
//
// What execlet-probe tells its parent through descriptor 3: "ok\n", or "refused", then the reason and the message of
// each problem on a line each, ended by an empty line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"

namespace execlet::core {

constexpr int kProbeReportFd = 3;

std::string format_report(const std::vector<Failure> &problems);
bool is_whole_report(std::string_view report);
// What was reported; one "probe.ended" for what is no whole report.
std::vector<Failure> parse_report(std::string_view report);

}  // namespace execlet::core

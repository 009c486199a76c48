// SPDX-License-Identifier: Apache-2.0
//
// What execlet-probe tells its parent through descriptor 3: "ok\n", or "refused", reason and message on a line each,
// ended by an empty line.
#pragma once

#include <string>
#include <string_view>

#include "../base/result.h"

namespace execlet::core {

constexpr int kProbeReportFd = 3;

std::string format_report(const Result<void> &verdict);
bool is_whole_report(std::string_view report);
Result<void> parse_report(std::string_view report);

}  // namespace execlet::core

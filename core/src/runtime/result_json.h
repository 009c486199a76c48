// SPDX-License-Identifier: Apache-2.0
//
// Results and events as JSON. docs/json.md publishes the keys.
#pragma once

#include <execlet/execlet.h>

#include <string>

#include "run_result.h"

namespace execlet::core {

std::string result_json(const RunResult &result);
// {"data": {mime: text or base64}, "metadata": {…}}
std::string display_json(const Display &display);
// One line.
std::string event_json(const execlet_event &event);

// A limit's value in the unit of configuration: bytes, cpus, seconds or a count.
double limit_in_units(execlet_abi_limit limit, std::uint64_t value);

}  // namespace execlet::core

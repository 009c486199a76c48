// SPDX-License-Identifier: Apache-2.0
//
// Limits of one execution and the text forms of their values.
#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../base/result.h"
#include "execlet/plugin.h"

namespace execlet::core {

// Indexed by execlet_abi_limit, in its units; empty = not limited. WALL_TIME is not used here (see timeout).
using RequestLimits = std::array<std::optional<std::uint64_t>, EXECLET_ABI_LIMIT_COUNT>;

// "memory", "cpus", … as used in configuration, manifests and results; empty for an unknown kind.
std::string_view limit_name(execlet_abi_limit limit);
std::optional<execlet_abi_limit> limit_from_name(std::string_view name);

// 1024-based: 1048576, "512b", "64k", "512m", "2g". Failure reason "value.bytes".
Result<std::uint64_t> parse_bytes(const boost::json::value &value);
// 1, 0.5 or "0.5" → thousandths.
Result<std::uint64_t> parse_cpus(const boost::json::value &value);
// Seconds, 0 < t ≤ 1e7, finite; a JSON number.
Result<double> parse_seconds(const boost::json::value &value);
// As parse_seconds, but 0 is allowed: a grace period may be none.
Result<double> parse_grace_seconds(const boost::json::value &value);
// One limit by its name, in the units of execlet_abi_limit; the failure names the limit and the accepted forms
// ("limits.unknown", "value.…"). Zero is refused everywhere: the ABI reads it as "not limited".
Result<std::uint64_t> parse_limit(std::string_view name, const boost::json::value &value);
// `value` may be the text of any form ("512m", "30", "0.5").
Result<std::uint64_t> parse_limit_text(std::string_view name, std::string_view value);

// The stricter of both for each kind. A requested value above the ceiling is a failure ("limits.looser", rejected).
Result<RequestLimits> tighten(const RequestLimits &ceiling, const RequestLimits &requested);

std::string format_bytes(std::uint64_t bytes);  // "512 MiB", "1.5 GiB", "100 bytes"
std::string format_seconds(double seconds);     // "30 s", "0.2 s"
// A limit's value in the unit that people use for it: "512 MiB", "1.5 cpus", "30 s", "64".
std::string format_limit(execlet_abi_limit limit, std::uint64_t value);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "limits.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "json_words.h"

namespace execlet::core {
namespace {

constexpr double kMaxSeconds = 1e7;
constexpr double kMaxCpus = 1e6;
constexpr std::uint64_t kMaxPids = 1u << 22;         // Linux has no more
constexpr std::uint64_t kMaxDescriptors = 1u << 30;  // nor of these

constexpr std::array<std::string_view, EXECLET_ABI_LIMIT_COUNT> kNames = {
    "wall_time", "memory", "cpus", "cpu_time", "pids", "open_files", "file_size", "output", "disk"};

Failure wrong(std::string reason, std::string_view expected, std::string_view found) {
  return {EXECLET_INVALID_REQUEST, std::move(reason),
          "expected " + std::string(expected) + ", found " + std::string(found)};
}

// The whole of `text` as a number without sign, blanks or exponent.
std::optional<double> parse_decimal(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> whole_number(const boost::json::value &value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

std::optional<double> any_number(const boost::json::value &value) {
  if (value.is_double()) return value.get_double();
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  return std::nullopt;
}

std::optional<std::uint64_t> bytes_from_text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned shift = 0;
  switch (text.back()) {
    case 'b':
    case 'B':
      break;
    case 'k':
    case 'K':
      shift = 10;
      break;
    case 'm':
    case 'M':
      shift = 20;
      break;
    case 'g':
    case 'G':
      shift = 30;
      break;
    default:
      return parse_whole(text);
  }
  const auto number = parse_whole(text.substr(0, text.size() - 1));
  if (!number || *number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return *number << shift;
}

Result<std::uint64_t> checked_cpus(std::optional<double> cpus, std::string_view found) {
  // 0.0005 would round to zero thousandths, which means "not limited".
  if (!cpus || !(*cpus >= 0.001 && *cpus <= kMaxCpus))
    return wrong("value.cpus", "a number of cpus of at least 0.001, as 2, 0.5 or \"0.5\"", found);
  return static_cast<std::uint64_t>(std::llround(*cpus * 1000));
}

Result<std::uint64_t> checked_nanoseconds(std::optional<double> seconds, std::string_view found) {
  if (!seconds || !(*seconds > 0 && *seconds <= kMaxSeconds) || *seconds * 1e9 < 1)
    return wrong("value.seconds", "seconds above 0 and at most 10000000", found);
  return static_cast<std::uint64_t>(std::llround(*seconds * 1e9));
}

Result<std::uint64_t> checked_count(std::optional<std::uint64_t> count, std::uint64_t most, std::string_view found) {
  if (!count || *count == 0 || *count > most)
    return wrong("value.count", "a whole number from 1 to " + std::to_string(most), found);
  return *count;
}

Result<execlet_abi_limit> settable_limit(std::string_view name) {
  const auto limit = limit_from_name(name);
  if (limit && *limit != EXECLET_ABI_LIMIT_WALL_TIME) return *limit;
  std::string message = "there is no limit \"" + shortened(name) + "\"; the limits are";
  for (std::size_t i = 1; i < kNames.size(); ++i) message.append(i == 1 ? " " : ", ").append(kNames[i]);
  if (limit) message += " (wall time is `timeout`)";
  return Failure{EXECLET_INVALID_REQUEST, "limits.unknown", std::move(message)};
}

Failure named(std::string_view name, Failure failure) {
  failure.message.insert(0, "limit " + std::string(name) + ": ");
  return failure;
}

}  // namespace

std::string_view limit_name(execlet_abi_limit limit) {
  if (limit < 0 || limit >= EXECLET_ABI_LIMIT_COUNT) return {};
  return kNames[static_cast<std::size_t>(limit)];
}

std::optional<execlet_abi_limit> limit_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<execlet_abi_limit>(i);
  return std::nullopt;
}

Result<std::uint64_t> parse_bytes(const boost::json::value &value) {
  const auto bytes = value.is_string() ? bytes_from_text(value.get_string()) : whole_number(value);
  if (!bytes || *bytes == 0)
    return wrong("value.bytes", "bytes above 0, as 1048576, \"512b\", \"64k\", \"512m\" or \"2g\"",
                 describe_json(value));
  return *bytes;
}

Result<std::uint64_t> parse_cpus(const boost::json::value &value) {
  return checked_cpus(value.is_string() ? parse_decimal(value.get_string()) : any_number(value), describe_json(value));
}

Result<double> parse_seconds(const boost::json::value &value) {
  const auto seconds = any_number(value);
  if (!seconds || !(*seconds > 0 && *seconds <= kMaxSeconds))
    return wrong("value.seconds", "seconds above 0 and at most 10000000", describe_json(value));
  return *seconds;
}

Result<double> parse_grace_seconds(const boost::json::value &value) {
  const auto seconds = any_number(value);
  if (!seconds || !(*seconds >= 0 && *seconds <= kMaxSeconds))
    return wrong("value.seconds", "seconds from 0 to 10000000", describe_json(value));
  return *seconds;
}

Result<std::uint64_t> parse_limit(std::string_view name, const boost::json::value &value) {
  const auto limit = settable_limit(name);
  if (!limit) return limit.failure();
  Result<std::uint64_t> amount = [&]() -> Result<std::uint64_t> {
    switch (*limit) {
      case EXECLET_ABI_LIMIT_CPUS:
        return parse_cpus(value);
      case EXECLET_ABI_LIMIT_CPU_TIME:
        return checked_nanoseconds(any_number(value), describe_json(value));
      case EXECLET_ABI_LIMIT_PIDS:
        return checked_count(whole_number(value), kMaxPids, describe_json(value));
      case EXECLET_ABI_LIMIT_OPEN_FILES:
        return checked_count(whole_number(value), kMaxDescriptors, describe_json(value));
      default:
        return parse_bytes(value);
    }
  }();
  if (!amount) return named(name, std::move(amount).failure());
  return amount;
}

Result<std::uint64_t> parse_limit_text(std::string_view name, std::string_view value) {
  const auto limit = settable_limit(name);
  if (!limit) return limit.failure();
  const std::string found = quoted(value);
  Result<std::uint64_t> amount = [&]() -> Result<std::uint64_t> {
    switch (*limit) {
      case EXECLET_ABI_LIMIT_CPUS:
        return checked_cpus(parse_decimal(value), found);
      case EXECLET_ABI_LIMIT_CPU_TIME:
        return checked_nanoseconds(parse_decimal(value), found);
      case EXECLET_ABI_LIMIT_PIDS:
        return checked_count(parse_whole(value), kMaxPids, found);
      case EXECLET_ABI_LIMIT_OPEN_FILES:
        return checked_count(parse_whole(value), kMaxDescriptors, found);
      default:
        return parse_bytes(boost::json::value(boost::json::string_view(value.data(), value.size())));
    }
  }();
  if (!amount) return named(name, std::move(amount).failure());
  return amount;
}

Result<RequestLimits> tighten(const RequestLimits &ceiling, const RequestLimits &requested) {
  RequestLimits out = ceiling;
  for (std::size_t i = 0; i < requested.size(); ++i) {
    if (!requested[i]) continue;
    if (ceiling[i] && *requested[i] > *ceiling[i]) {
      const auto kind = static_cast<execlet_abi_limit>(i);
      const std::string name(kNames[i]);
      return Failure{EXECLET_REJECTED, "limits.looser",
                     "limit " + name + ": the request asks for " + format_limit(kind, *requested[i]) +
                         ", but the executor allows at most " + format_limit(kind, *ceiling[i]) +
                         "; ask for less or raise the executor's limit",
                     "{\"limit\":\"" + name + "\",\"requested\":" + std::to_string(*requested[i]) +
                         ",\"ceiling\":" + std::to_string(*ceiling[i]) + "}"};
    }
    out[i] = requested[i];
  }
  return out;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 3> kUnits = {"KiB", "MiB", "GiB"};
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (amount /= 1024; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  char text[64];
  std::snprintf(text, sizeof text, amount == std::floor(amount) ? "%.0f " : "%.1f ", amount);
  return text + std::string(kUnits[unit]);
}

std::string format_seconds(double seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%.10g s", seconds);
  return text;
}

std::string format_limit(execlet_abi_limit limit, std::uint64_t value) {
  switch (limit) {
    case EXECLET_ABI_LIMIT_WALL_TIME:
    case EXECLET_ABI_LIMIT_CPU_TIME:
      return format_seconds(static_cast<double>(value) / 1e9);
    case EXECLET_ABI_LIMIT_CPUS: {
      char text[64];
      std::snprintf(text, sizeof text, "%.10g cpus", static_cast<double>(value) / 1000);
      return text;
    }
    case EXECLET_ABI_LIMIT_PIDS:
    case EXECLET_ABI_LIMIT_OPEN_FILES:
      return std::to_string(value);
    default:
      return format_bytes(value);
  }
}

}  // namespace execlet::core

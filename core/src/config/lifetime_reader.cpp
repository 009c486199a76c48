// SPDX-License-Identifier: Apache-2.0
//
// "pool" and "session" of an executor.
#include <cstdint>
#include <limits>
#include <optional>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "config_reader.h"

namespace execlet::core {

namespace json = boost::json;

Result<std::optional<std::uint64_t>> ConfigReader::count(const json::object &object, const std::string &pointer,
                                                         const char *key, std::uint64_t least,
                                                         std::uint64_t most) const {
  const json::value *value = object.if_contains(key);
  if (value == nullptr) return std::optional<std::uint64_t>();
  json::error_code error;
  const auto number = value->is_number() ? value->to_number<std::uint64_t>(error) : 0;
  if (value->is_number() && !error && number >= least && number <= most) return std::optional(number);
  const std::string range = most == std::numeric_limits<std::int64_t>::max()
                                ? "from " + std::to_string(least)
                                : "from " + std::to_string(least) + " to " + std::to_string(most);
  return wrong("value", child_pointer(pointer, key),
               "expected a whole number " + range + ", found " + describe_json(*value));
}

Result<std::optional<double>> ConfigReader::seconds(const json::object &object, const std::string &pointer,
                                                    const char *key, ParseSeconds parse) const {
  const json::value *value = object.if_contains(key);
  if (value == nullptr) return std::optional<double>();
  const auto parsed = parse(*value);
  if (!parsed) return placed(child_pointer(pointer, key), parsed.failure());
  return std::optional(*parsed);
}

Result<void> ConfigReader::read_pool(const json::value &value, const std::string &pointer, PoolSettings &pool) const {
  if (!value.is_object()) return wrong_type(pointer, "an object such as {\"min_idle\": 1, \"max\": 4}", value);
  const json::object &object = value.get_object();
  if (auto checked = check_keys(object, pointer,
                                {"idle_timeout", "max", "max_lifetime", "max_uses", "max_wait", "min_idle"}, {}, "");
      !checked)
    return checked;
  const auto min_idle = count(object, pointer, "min_idle", 0, PoolSettings::kMost);
  const auto max = count(object, pointer, "max", 1, PoolSettings::kMost);
  const auto max_uses = count(object, pointer, "max_uses", 1, std::numeric_limits<std::int64_t>::max());
  for (const auto *read : {&min_idle, &max, &max_uses}) {
    if (!*read) return read->failure();
  }
  const auto idle_timeout = seconds(object, pointer, "idle_timeout", parse_seconds);
  const auto max_lifetime = seconds(object, pointer, "max_lifetime", parse_seconds);
  const auto max_wait = seconds(object, pointer, "max_wait", parse_grace_seconds);
  for (const auto *read : {&idle_timeout, &max_lifetime, &max_wait}) {
    if (!*read) return read->failure();
  }
  pool.min_idle = min_idle->value_or(pool.min_idle);
  pool.max = *max;
  pool.max_uses = *max_uses;
  pool.idle_timeout = idle_timeout->value_or(pool.idle_timeout);
  pool.max_lifetime = *max_lifetime;
  pool.max_wait = max_wait->value_or(pool.max_wait);
  if (pool.max && pool.min_idle > *pool.max)
    return wrong("value", pointer + "/min_idle",
                 std::to_string(pool.min_idle) + " instances cannot be kept ready where \"max\" allows " +
                     std::to_string(*pool.max) + "; raise \"max\" or lower \"min_idle\"");
  return {};
}

Result<void> ConfigReader::read_session(const json::value &value, const std::string &pointer,
                                        SessionSettings &session) const {
  if (!value.is_object()) return wrong_type(pointer, "an object such as {\"idle_timeout\": 600, \"max\": 20}", value);
  const json::object &object = value.get_object();
  if (auto checked = check_keys(object, pointer, {"idle_timeout", "max", "max_lifetime"}, {}, ""); !checked)
    return checked;
  const auto max = count(object, pointer, "max", 1, SessionSettings::kMost);
  if (!max) return max.failure();
  const auto idle_timeout = seconds(object, pointer, "idle_timeout", parse_seconds);
  if (!idle_timeout) return idle_timeout.failure();
  const auto max_lifetime = seconds(object, pointer, "max_lifetime", parse_seconds);
  if (!max_lifetime) return max_lifetime.failure();
  session.max = max->value_or(session.max);
  session.idle_timeout = idle_timeout->value_or(session.idle_timeout);
  session.max_lifetime = *max_lifetime;
  if (*idle_timeout && *max_lifetime && **idle_timeout > **max_lifetime)
    return wrong("value", pointer + "/idle_timeout",
                 "a session cannot be idle for " + describe_json(**idle_timeout) +
                     " s where \"max_lifetime\" ends it after " + describe_json(**max_lifetime) +
                     " s; raise \"max_lifetime\" or lower \"idle_timeout\"");
  return {};
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Options that the core itself carries out are written where the backend's users expect them and lifted out here.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "../values/language.h"
#include "config.h"
#include "config_text.h"
#include "option_schema.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

std::string_view view_of(const json::string &text) {
  return {text.data(), text.size()};
}

class Lifting {
 public:
  Lifting(ExecutorConfig &config, const json::value &schema) : config_(config), schema_(schema) {}

  // Walks options and schema side by side; `lifted` options are removed.
  Result<void> walk(json::object &options, const json::value &schema, const std::string &pointer) {
    const json::value *followed = follow_reference(&schema, schema_);
    const json::object *rules = followed != nullptr ? followed->if_object() : nullptr;
    const json::value *properties = rules != nullptr ? rules->if_contains("properties") : nullptr;
    if (properties == nullptr || !properties->is_object()) return {};
    for (const auto &property : properties->get_object()) {
      json::value *value = options.if_contains(property.key());
      if (value == nullptr) continue;
      const std::string at = child_pointer(pointer, property.key());
      const json::value *inner = follow_reference(&property.value(), schema_);
      const json::object *details = inner != nullptr ? inner->if_object() : nullptr;
      const json::value *role = details != nullptr ? details->if_contains("x-execlet-role") : nullptr;
      if (role != nullptr && role->is_string()) {
        const std::string_view name = view_of(role->get_string());
        if (auto lifted = lift(name, *value, at); !lifted) return lifted;
        if (name != "languages") options.erase(property.key());
      } else if (value->is_object()) {
        if (auto walked = walk(value->get_object(), *inner, at); !walked) return walked;
      }
    }
    return {};
  }

 private:
  Failure wrong(std::string_view reason, const std::string &pointer, std::string_view message) const {
    return config_failure(config_.text.get(), reason, pointer, message);
  }

  Failure placed(const std::string &pointer, const Failure &failure) const {
    if (config_.text != nullptr && config_.text->secrets.count(pointer) != 0)
      return wrong("value", pointer, "the text that its reference brought in is not valid here (not shown)");
    return wrong("value", pointer, failure.message);
  }

  template <class T>
  Result<void> set(std::optional<T> &target, const Result<T> &value, const std::string &pointer,
                   const std::string &beside) const {
    if (!value) return placed(pointer, value.failure());
    if (target && *target != *value)
      return wrong("conflict", pointer,
                   "is set to another value than " + config_.pointer + beside + "; keep one of them");
    target = *value;
    return {};
  }

  Result<void> set_limit(std::string_view name, const Result<std::uint64_t> &amount, const std::string &pointer) const {
    const auto limit = limit_from_name(name);
    if (!limit || *limit == EXECLET_ABI_LIMIT_WALL_TIME) return unknown_role("limits." + std::string(name), pointer);
    return set(config_.core.limits[static_cast<std::size_t>(*limit)], amount, pointer, "/limits/" + std::string(name));
  }

  Result<void> unknown_role(std::string_view role, const std::string &pointer) const {
    return wrong("not-in-this-build", pointer,
                 "this option needs " + core::quoted(role) + ", which is not in this build of execlet; remove it");
  }

  Result<void> lift(std::string_view role, json::value &value, const std::string &pointer) const {
    CoreSettings &core = config_.core;
    if (role == "timeout") return set(core.timeout, parse_seconds(value), pointer, "/timeout");
    if (role == "kill_grace") return set(core.kill_grace, parse_grace_seconds(value), pointer, "/kill_grace");
    if (role == "startup_timeout") return set(core.startup_timeout, parse_seconds(value), pointer, "/startup_timeout");
    if (role == "memory_mb") return set_limit("memory", mebibytes(value), pointer);
    if (role.substr(0, 7) == "limits.") return set_limit(role.substr(7), parse_limit(role.substr(7), value), pointer);
    if (role == "languages") return rename_languages(value, pointer);
    return unknown_role(role, pointer);
  }

  static Result<std::uint64_t> mebibytes(const json::value &value) {
    constexpr double kMost = 1u << 30;  // a PiB: beyond it the bytes would not fit
    const double amount = value.is_number() ? value.to_number<double>() : 0;
    const double bytes = amount * (1u << 20);
    if (!(bytes >= 1 && amount <= kMost))
      return Failure{EXECLET_INVALID_REQUEST, "value.mebibytes",
                     "expected a number of MiB above 0, as 512, found " + describe_json(value)};
    return static_cast<std::uint64_t>(bytes);
  }

  // Names of languages, as items of a list or keys of a map, become canonical: the backend and a request must mean the
  // same by "node" and "javascript".
  Result<void> rename_languages(json::value &value, const std::string &pointer) const {
    std::vector<std::string> names;
    if (value.is_object())
      for (const auto &member : value.get_object()) names.emplace_back(member.key());
    else if (value.is_array())
      for (const json::value &item : value.get_array())
        if (item.is_string()) names.emplace_back(view_of(item.get_string()));
    const auto canonical = canonical_languages(names);
    if (!canonical) return placed(pointer, canonical.failure());
    std::size_t next = 0;
    if (value.is_object()) {
      json::object renamed;
      for (auto &member : value.get_object()) renamed[(*canonical)[next++]] = std::move(member.value());
      value = std::move(renamed);
    } else if (value.is_array()) {
      for (json::value &item : value.get_array())
        if (item.is_string()) item = json::string((*canonical)[next++]);
    }
    return {};
  }

  ExecutorConfig &config_;
  const json::value &schema_;
};

// What stands at `pointer` beneath the options, in words, unless it is secret.
std::string found_words(const ExecutorConfig &config, const json::value &options, const SchemaProblem &problem,
                        const json::value &schema) {
  const std::string whole = config.pointer + "/options" + problem.pointer;
  if (config.text != nullptr && config.text->secrets.count(whole) != 0) return "text from a reference (not shown)";
  const json::value *at = &schema;
  for (std::string_view rest = problem.pointer; at != nullptr;) {
    at = follow_reference(at, schema);
    const json::object *rules = at != nullptr ? at->if_object() : nullptr;
    if (rules == nullptr) break;
    if (const json::value *mark = rules->if_contains("x-execlet-secret"); mark && mark->is_bool() && mark->get_bool())
      return "a secret (not shown)";
    if (rest.empty()) break;
    const std::string_view key = rest.substr(1, rest.find('/', 1) - 1);
    rest.remove_prefix(1 + key.size());
    const json::value *properties = rules->if_contains("properties");
    const json::value *next =
        properties != nullptr && properties->is_object() ? properties->get_object().if_contains(key) : nullptr;
    if (next == nullptr) next = rules->if_contains("additionalProperties");
    if (next == nullptr) next = rules->if_contains("items");
    at = next;
  }
  boost::system::error_code error;
  const json::value *value = options.find_pointer(problem.pointer, error);
  return value != nullptr && !error ? describe_json(*value) : "nothing";
}

}  // namespace

Result<ExecutorConfig> apply_schema(ExecutorConfig config, const Manifest &manifest) {
  const json::value options(config.options);
  auto checked = check_against_schema(options, manifest.options_schema);
  if (!checked) {
    Failure failure = std::move(checked).failure();
    failure.message.insert(0, "plugin " + manifest.name + ": ");
    return failure;
  }
  const std::string base = config.pointer + "/options";
  if (const auto &problem = checked.value()) {
    const std::string message = problem->shows_found
                                    ? "expected " + problem->expected + ", found " +
                                          found_words(config, options, *problem, manifest.options_schema)
                                : problem->reason == "value" ? "expected " + problem->expected
                                                             : problem->expected;
    return config_failure(config.text.get(), problem->reason, base + problem->pointer, message);
  }
  if (auto lifted = Lifting(config, manifest.options_schema).walk(config.options, manifest.options_schema, base);
      !lifted)
    return std::move(lifted).failure();
  return config;
}

}  // namespace execlet::core

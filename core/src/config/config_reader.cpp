// SPDX-License-Identifier: Apache-2.0
#include "config_reader.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "../values/nearest_name.h"
#include "../values/plain_name.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

constexpr std::string_view kOptionsAdvice = "; a backend's own settings go into \"options\"";

std::string_view view_of(const json::string &text) {
  return {text.data(), text.size()};
}

bool contains(const std::vector<std::string> &names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// Never destroyed: a thread may be here while the process ends.
const std::vector<std::string> &config_keys() {
  static const auto *const keys = new std::vector<std::string>{"$schema", "default", "executors", "plugin_dirs"};
  return *keys;
}

const std::vector<std::string> &executor_keys() {
  static const auto *const keys =
      new std::vector<std::string>{"backend",          "best_effort", "kill_grace", "limits",          "options",
                                   "output_retention", "pool",        "session",    "startup_timeout", "timeout"};
  return *keys;
}

const std::vector<std::string> &later_executor_keys() {
  static const auto *const keys = new std::vector<std::string>{"cache",  "container_name", "idle_timeout",
                                                               "policy", "pull_timeout",   "reuse_container"};
  return *keys;
}

Failure ConfigReader::wrong(std::string_view reason, std::string_view pointer, std::string_view message) const {
  return config_failure(text_.get(), reason, pointer, message);
}

Failure ConfigReader::wrong_type(std::string_view pointer, std::string_view expected, const json::value &found) const {
  const bool secret = text_->secrets.count(pointer) != 0;
  return wrong("type", pointer,
               "expected " + std::string(expected) + ", found " +
                   (secret ? "text from a reference (not shown)" : describe_json(found)));
}

Failure ConfigReader::placed(std::string_view pointer, const Failure &failure) const {
  if (text_->secrets.count(pointer) != 0)
    return wrong("value", pointer, "the text that its reference brought in is not valid here (not shown)");
  return wrong("value", pointer, failure.message);
}

Result<void> ConfigReader::check_keys(const json::object &object, std::string_view pointer,
                                      const std::vector<std::string> &known, const std::vector<std::string> &later,
                                      std::string_view advice) const {
  for (const auto &member : object) {
    const std::string key(member.key());
    if (contains(known, key)) continue;
    const std::string at = child_pointer(pointer, key);
    if (contains(later, key))
      return wrong("not-in-this-build", at, core::quoted(key) + " is not in this build of execlet; remove it");
    const std::string nearest = nearest_name(key, known);
    return wrong("unknown-key", at,
                 "unknown key " + core::quoted(key) +
                     (nearest.empty() ? "; the keys here are " + listed(known) + std::string(advice)
                                      : "; did you mean " + core::quoted(nearest) + "?"));
  }
  return {};
}

Result<Config> ConfigReader::config(const json::value &document) const {
  if (!document.is_object()) return wrong_type("", "an object", document);
  const json::object &object = document.get_object();
  if (auto checked = check_keys(object, "", config_keys(), {}, ""); !checked) return checked.failure();
  Config config;
  config.source = text_->file;
  config.text = text_;
  if (const json::value *value = object.if_contains("$schema"); value && !value->is_string())
    return wrong_type("/$schema", "a string", *value);
  if (const json::value *value = object.if_contains("plugin_dirs"))
    if (auto read = read_plugin_dirs(*value, config); !read) return read.failure();
  if (const json::value *value = object.if_contains("executors"))
    if (auto read = read_executors(*value, config); !read) return read.failure();
  if (const json::value *value = object.if_contains("default"))
    if (auto read = read_default(*value, config); !read) return read.failure();
  return config;
}

Result<void> ConfigReader::read_plugin_dirs(const json::value &value, Config &config) const {
  if (!value.is_array()) return wrong_type("/plugin_dirs", "an array of directories", value);
  std::size_t index = 0;
  for (const json::value &item : value.get_array()) {
    const std::string at = "/plugin_dirs/" + std::to_string(index++);
    if (!item.is_string() || item.get_string().empty()) return wrong_type(at, "a directory", item);
    const std::filesystem::path path(std::string(view_of(item.get_string())));
    config.plugin_dirs.push_back((base_dir_ / path).lexically_normal().string());
  }
  return {};
}

Result<void> ConfigReader::read_executors(const json::value &value, Config &config) const {
  if (!value.is_object()) return wrong_type("/executors", "an object {name: executor}", value);
  for (const auto &member : value.get_object()) {
    const std::string name(member.key());
    const std::string at = child_pointer("/executors", name);
    if (!is_plain_name(name))
      return wrong("executor-name", at,
                   core::quoted(name) + " is no name for an executor: expected " + std::string(kPlainNameWords));
    auto read = executor(name, member.value(), at);
    if (!read) return read.failure();
    config.executors.emplace(name, std::move(read).value());
  }
  return {};
}

Result<void> ConfigReader::read_default(const json::value &value, Config &config) const {
  if (!value.is_string()) return wrong_type("/default", "the name of an executor", value);
  config.default_executor = std::string(view_of(value.get_string()));
  if (config.executors.count(config.default_executor) != 0) return {};
  if (text_->secrets.count("/default") != 0)
    return wrong("unknown-executor", "/default", "no executor has the name that its reference brought in (not shown)");
  std::vector<std::string> names;
  for (const auto &[name, executor] : config.executors) names.push_back(name);
  const std::string nearest = nearest_name(config.default_executor, names);
  std::string message = "there is no executor " + core::quoted(config.default_executor);
  if (!nearest.empty())
    message += "; did you mean " + core::quoted(nearest) + "?";
  else
    message += names.empty() ? "; there are no executors" : "; the executors are " + listed(names);
  return wrong("unknown-executor", "/default", message);
}

Result<ExecutorConfig> ConfigReader::executor(std::string name, const json::value &value, std::string pointer) const {
  if (!value.is_object()) return wrong_type(pointer, "an object {\"backend\": …, \"options\": {…}}", value);
  const json::object &object = value.get_object();
  if (auto checked = check_keys(object, pointer, executor_keys(), later_executor_keys(), kOptionsAdvice); !checked)
    return checked.failure();
  ExecutorConfig executor;
  const json::value *backend = object.if_contains("backend");
  if (backend == nullptr)
    return wrong("missing-key", pointer, "needs \"backend\": the name of a plugin, as in {\"backend\": \"local\"}");
  if (!backend->is_string() || backend->get_string().empty())
    return wrong_type(pointer + "/backend", "the name of a plugin", *backend);
  executor.backend = std::string(view_of(backend->get_string()));
  if (const json::value *options = object.if_contains("options")) {
    if (!options->is_object()) return wrong_type(pointer + "/options", "an object", *options);
    executor.options = options->get_object();
  }
  if (auto read = read_settings(object, pointer, executor.core); !read) return read.failure();
  executor.name = std::move(name);
  executor.base_dir = base_dir_;
  executor.pointer = std::move(pointer);
  executor.text = text_;
  return executor;
}

Result<void> ConfigReader::read_settings(const json::object &object, const std::string &pointer,
                                         CoreSettings &core) const {
  struct Seconds {
    const char *key;
    ParseSeconds parse;
    std::optional<double> &target;
  };
  for (const Seconds &setting :
       {Seconds{"timeout", parse_seconds, core.timeout}, Seconds{"kill_grace", parse_grace_seconds, core.kill_grace},
        Seconds{"startup_timeout", parse_seconds, core.startup_timeout}}) {
    const auto read = seconds(object, pointer, setting.key, setting.parse);
    if (!read) return read.failure();
    setting.target = *read;
  }
  if (const json::value *value = object.if_contains("best_effort")) {
    if (!value->is_bool()) return wrong_type(pointer + "/best_effort", "true or false", *value);
    core.best_effort = value->get_bool();
  }
  if (const json::value *value = object.if_contains("output_retention")) {
    const auto bytes = parse_bytes(*value);
    if (!bytes) return placed(pointer + "/output_retention", bytes.failure());
    core.output_retention = *bytes;
  }
  if (const json::value *value = object.if_contains("pool")) {
    if (auto read = read_pool(*value, pointer + "/pool", core.pool.emplace()); !read) return read;
  }
  if (const json::value *value = object.if_contains("session")) {
    if (auto read = read_session(*value, pointer + "/session", core.session); !read) return read;
  }
  if (const json::value *value = object.if_contains("limits")) return read_limits(*value, pointer + "/limits", core);
  return {};
}

Result<void> ConfigReader::read_limits(const json::value &value, const std::string &pointer, CoreSettings &core) const {
  if (!value.is_object()) return wrong_type(pointer, "an object {limit: value}", value);
  std::vector<std::string> names;
  for (execlet_abi_limit kind = EXECLET_ABI_LIMIT_WALL_TIME + 1; kind < EXECLET_ABI_LIMIT_COUNT; ++kind)
    names.emplace_back(limit_name(kind));
  if (auto checked = check_keys(value.get_object(), pointer, names, {}, " (wall time is \"timeout\")"); !checked)
    return checked;
  for (const auto &member : value.get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    const auto amount = parse_limit(name, member.value());
    if (!amount) return placed(child_pointer(pointer, name), amount.failure());
    core.limits[static_cast<std::size_t>(*limit_from_name(name))] = *amount;
  }
  return {};
}

}  // namespace execlet::core

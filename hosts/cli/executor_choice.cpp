// SPDX-License-Identifier: Apache-2.0
#include "executor_choice.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "console.h"
#include "json_text.h"

namespace execlet::cli {
namespace {

constexpr std::string_view kDefaultBackend = "local";

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value != nullptr ? value : "";
}

LogLevel log_level() {
  const std::string name = environment("EXECLET_LOG");
  if (name.empty()) {
    return LogLevel::kWarn;
  }
  constexpr std::array<const char *, 6> kNames = {"trace", "debug", "info", "warn", "error", "off"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) {
      return static_cast<LogLevel>(i);
    }
  }
  invalid_request("cli.log-level", "EXECLET_LOG is '" + name + "'; it takes trace, debug, info, warn, error or off");
}

// "key=value" with the value as JSON if it is JSON, else as text.
std::string executor_from_flags(const ExecutorOptions &options) {
  boost::json::object values;
  for (const std::string &option : options.options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      invalid_request("cli.option", "-o takes KEY=VALUE, such as -o timeout=5; got '" + option + "'");
    }
    const std::string key = option.substr(0, equals);
    const std::string text = option.substr(equals + 1);
    if (values.contains(key)) {
      invalid_request("cli.option", "-o " + key + " is given twice");
    }
    std::optional<boost::json::value> parsed = parse_json(text);
    values[key] = parsed ? std::move(*parsed) : boost::json::value(text);
  }
  return to_text(boost::json::object{{"backend", options.backend}, {"options", values}});
}

}  // namespace

void warn_of_unused_directories(const Runtime &runtime, std::initializer_list<std::string_view> origins) {
  for (const boost::json::value &item : list_at(parse_object(runtime.plugins_json()), "directories")) {
    if (!item.is_object()) continue;
    const std::string origin = text_at(item.get_object(), "origin");
    if (std::find(origins.begin(), origins.end(), origin) == origins.end()) continue;
    const std::string refusal = text_at(item.get_object(), "refusal");
    std::string words = "warning: ";
    words.append(origin).append(": ").append(text_at(item.get_object(), "path"));
    if (!refusal.empty()) {
      say(words.append(" is not used: ").append(refusal));
    } else if (!flag_at(item.get_object(), "exists")) {
      say(words.append(" does not exist"));
    }
  }
}

Runtime open_with_log(const CommonOptions &options) {
  RuntimeOptions out;
  out.config_path = options.config;
  out.plugin_dirs = options.plugin_dirs;
  out.log_level = log_level();
  out.log = [](LogLevel level, std::string_view component, std::string_view message) {
    constexpr std::array<const char *, 5> kWords = {"trace", "debug", "info", "warning", "error"};
    const auto index = static_cast<std::size_t>(level);
    say(std::string(index < kWords.size() ? kWords[index] : "log") + ": " + std::string(component) + ": " +
        std::string(message));
  };
  return Runtime::open(out);
}

Runtime open_runtime(const CommonOptions &options) {
  Runtime runtime = open_with_log(options);
  if (!options.plugin_dirs.empty()) {
    warn_of_unused_directories(runtime, {"--plugin-dir"});
  }
  return runtime;
}

Runtime open_quietly(const CommonOptions &options) {
  RuntimeOptions out;
  out.config_path = options.config;
  out.plugin_dirs = options.plugin_dirs;
  return Runtime::open(out);
}

Executor choose_executor(const Runtime &runtime, const ExecutorOptions &options) {
  if (!options.backend.empty()) {
    return runtime.executor_from_json(options.backend, executor_from_flags(options));
  }
  const std::string name = options.executor.empty() ? environment("EXECLET_EXECUTOR") : options.executor;
  if (runtime.config_path().empty() && (name.empty() || name == kDefaultBackend)) {
    return runtime.executor_from_json(std::string(kDefaultBackend),
                                      to_text(boost::json::object{{"backend", kDefaultBackend}}));
  }
  return runtime.executor(name);
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
//
// The configuration: JSON with comments, checked as a whole before anything is used. Every problem names the file, the
// line where known, the JSON pointer, and the nearest known key for an unknown one.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../loader/manifest.h"
#include "../values/limits.h"

namespace execlet::core {

// Settings of one executor that the core itself carries out, whether written beside `options` or inside it under a key
// that the backend's schema marks with "x-execlet-role".
struct CoreSettings {
  std::optional<double> timeout;          // seconds
  std::optional<double> kill_grace;       // seconds
  std::optional<double> startup_timeout;  // seconds
  RequestLimits limits;                   // defaults and ceilings of this executor
  bool best_effort = false;
  std::uint64_t output_retention = 10u << 20;  // bytes kept of each stream
};

struct ExecutorConfig {
  std::string name;
  std::string backend;
  boost::json::object options;  // after interpolation; roles not yet lifted (that needs the plugin's schema)
  CoreSettings core;
  std::filesystem::path base_dir;  // relative paths are relative to it
  std::string pointer;             // "/executors/py"
};

struct Config {
  std::filesystem::path source;  // empty if there is none
  std::vector<std::string> plugin_dirs;
  std::string default_executor;  // empty = none named
  std::map<std::string, ExecutorConfig, std::less<>> executors;

  // Secrets (values that came from ${env:} or ${file:}, and schema keys marked "x-execlet-secret") read "***".
  std::string to_json() const;

  static Result<Config> from_file(const std::filesystem::path &file);  // named by the user: no ownership check
  static Result<Config> from_text(std::string_view json, const std::filesystem::path &base_dir);
  // --config, $EXECLET_CONFIG, ./execlet.json, $XDG_CONFIG_HOME/execlet/config.json, /etc/execlet/config.json; a found
  // file must belong to the user or root and not be writable by others. Without any: one executor `local` of backend
  // `local` is NOT added here (the core knows no backend by name); `executors` is then empty.
  static Result<Config> search();
  // One value of "executors", for executors that are not in a file.
  static Result<ExecutorConfig> executor_from_text(std::string_view name, std::string_view json,
                                                   const std::filesystem::path &base_dir);
};

// Checks `config.options` against the backend's schema and moves the keys with a core role into `config.core`. A key
// set both ways with different values is an error.
Result<ExecutorConfig> apply_schema(ExecutorConfig config, const Manifest &manifest);

std::string config_schema_json();

}  // namespace execlet::core

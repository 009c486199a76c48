// SPDX-License-Identifier: Apache-2.0
//
// The configuration: JSON with comments, checked as a whole before anything is used. Every problem names the file, the
// line where known, the JSON pointer, and the nearest known key for an unknown one. All failures are
// EXECLET_INVALID_REQUEST with a reason "config.…" and details {"pointer", "file", "line"}; docs/config.md lists them.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../loader/manifest.h"
#include "../values/limits.h"
#include "lifetime_settings.h"

namespace execlet::core {

struct ConfigText;

// Settings of one executor that the core itself carries out, whether written beside `options` or inside it under a key
// that the backend's schema marks with "x-execlet-role".
struct CoreSettings {
  std::optional<double> timeout;          // seconds
  std::optional<double> kill_grace;       // seconds
  std::optional<double> startup_timeout;  // seconds
  RequestLimits limits;                   // defaults and ceilings of this executor
  bool best_effort = false;
  std::uint64_t output_retention = 10u << 20;  // bytes kept of each stream
  std::optional<PoolSettings> pool;
  SessionSettings session;
};

struct ExecutorConfig {
  std::string name;
  std::string backend;
  boost::json::object options;  // after interpolation; roles not yet lifted (that needs the plugin's schema)
  CoreSettings core;
  std::filesystem::path base_dir;  // relative paths are relative to it
  std::string pointer;             // "/executors/py"; empty for one that is not in a file
  // The text it came from, for the place in messages and for what must not be shown; null if it was made by hand.
  std::shared_ptr<const ConfigText> text;
};

// The schema of a backend's options, or null if the backend is not known.
using SchemaOfBackend = std::function<const boost::json::value *(std::string_view backend)>;

struct Config {
  std::filesystem::path source;          // as named or found; empty if there is none
  std::vector<std::string> plugin_dirs;  // absolute
  std::string default_executor;          // empty = none named
  std::map<std::string, ExecutorConfig, std::less<>> executors;
  std::shared_ptr<const ConfigText> text;

  // In the form of a configuration file. Secrets read "***": values that came from ${env:} or ${file:}, options that
  // the backend's schema marks "x-execlet-secret", and options whose name says that they are one ("token", "password").
  std::string to_json(const SchemaOfBackend &schema_of_backend = {}) const;

  static Result<Config> from_file(const std::filesystem::path &file);  // named by the user: no ownership check
  // `base_dir`: what relative paths are relative to; empty = the working directory.
  static Result<Config> from_text(std::string_view json, const std::filesystem::path &base_dir);
  // $EXECLET_CONFIG (a missing file is an error), ./execlet.json, $XDG_CONFIG_HOME/execlet/config.json (~/.config),
  // /etc/execlet/config.json; a found file must belong to the user or root and not be writable by others, else the
  // search ends with "config.untrusted". Without any: one executor `local` of backend `local` is NOT added here (the
  // core knows no backend by name); `executors` is then empty.
  static Result<Config> search();
  // One value of "executors", for executors that are not in a file.
  static Result<ExecutorConfig> executor_from_text(std::string_view name, std::string_view json,
                                                   const std::filesystem::path &base_dir);
};

// Checks `config.options` against the backend's schema and moves the keys with a core role into `config.core`. A key
// set both ways with different values is an error ("config.conflict"). A schema that cannot be used is the plugin's
// fault: EXECLET_INTERNAL_ERROR, "manifest.schema".
Result<ExecutorConfig> apply_schema(ExecutorConfig config, const Manifest &manifest);

// Of the backend and all that its instances are made of; equal for configurations that differ only in the order of
// keys. 64 hexadecimal digits. `config` has been through apply_schema.
std::string options_digest(const ExecutorConfig &config);

// A failure that somebody else found in what `config` says: gets the place of `below` ("/backend", "/options") in it. A
// plugin's details {"pointer": "/…"} are beneath that.
Failure placed_in_config(const ExecutorConfig &config, std::string_view below, Failure failure);

// The JSON Schema of a configuration file.
std::string config_schema_json();

}  // namespace execlet::core

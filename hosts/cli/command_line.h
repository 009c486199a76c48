// SPDX-License-Identifier: Apache-2.0
//
// What the user asked for, as each verb wants it. Each function takes the arguments after its verb and throws as
// parse() does.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parser.h"

namespace execlet::cli {

// Flags of every verb that reads a configuration.
struct CommonOptions {
  std::string config;
  std::vector<std::string> plugin_dirs;
};

// Which executor: by name, or made up from a backend and options.
struct ExecutorOptions {
  std::string executor;
  std::string backend;
  std::vector<std::string> options;  // "key=value"
};

struct RunOptions {
  CommonOptions common;
  ExecutorOptions executor;
  std::string language;
  std::string file;  // "-" = standard input; empty = none
  std::optional<std::string> code;
  std::vector<std::string> args;
  std::vector<std::string> files;  // PATH or PATH=NAME
  std::string entry_point;
  std::string stdin_from;  // "-" = our own; empty = none
  std::vector<std::string> env;
  std::optional<double> timeout;
  std::optional<double> kill_grace;
  std::optional<double> deadline;
  std::vector<std::pair<std::string, std::string>> limits;  // name, text
  bool best_effort = false;
  std::string network;
  std::vector<std::string> collect;
  std::string artifacts_dir;
  bool blocks = false;
  bool json = false;
  bool stream = false;
};

struct PluginsOptions {
  CommonOptions common;
  std::string name;  // of `info`
  bool json = false;
  bool explain = false;
};

struct ConfigOptions {
  CommonOptions common;
};

struct LanguagesOptions {
  CommonOptions common;
  ExecutorOptions executor;
  bool json = false;
};

struct DoctorOptions {
  CommonOptions common;
  ExecutorOptions executor;
  bool json = false;
};

struct VerifyOptions {
  std::vector<std::string> files;
  bool json = false;
};

struct InitOptions {
  std::string file = "execlet.json";
};

RunOptions parse_run(const Arguments &arguments);
PluginsOptions parse_plugins_list(const Arguments &arguments);
PluginsOptions parse_plugins_info(const Arguments &arguments);
VerifyOptions parse_plugins_verify(const Arguments &arguments);
// `action` is "check", "show" or "schema".
ConfigOptions parse_config(const std::string &action, const Arguments &arguments);
LanguagesOptions parse_languages(const Arguments &arguments);
DoctorOptions parse_doctor(const Arguments &arguments);
InitOptions parse_init(const Arguments &arguments);
// "bash", "zsh" or "fish".
std::string parse_completion(const Arguments &arguments);

}  // namespace execlet::cli

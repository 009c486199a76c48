// SPDX-License-Identifier: Apache-2.0
#include "command_line.h"

#include <algorithm>
#include <cstdlib>

namespace execlet::cli {
namespace {

// The names are those of a configuration, which are also the flags with '-' for '_'.
constexpr const char *kLimits[] = {"memory", "cpus", "cpu_time", "pids", "open_files", "file_size", "disk"};

std::string limit_flag(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

std::optional<double> seconds(const Parsed &parsed, const std::string &flag) {
  if (!parsed.has(flag)) {
    return std::nullopt;
  }
  const std::string text = parsed.text(flag);
  char *end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos || *end != '\0') {
    invalid_request("cli.value", flag + " takes seconds, such as 30 or 0.5; got '" + text + "'");
  }
  return value;
}

CommonOptions common_of(const Parsed &parsed) {
  return {parsed.text("--config"), parsed.list("--plugin-dir")};
}

ExecutorOptions executor_of(const Parsed &parsed) {
  ExecutorOptions executor{parsed.text("--executor"), parsed.text("--backend"), parsed.list("--option")};
  if (!executor.executor.empty() && !executor.backend.empty()) {
    invalid_request("cli.usage", "-e NAME and -b NAME exclude each other");
  }
  if (!executor.options.empty() && executor.backend.empty()) {
    invalid_request("cli.usage", "-o sets an option of a backend: name it with -b");
  }
  return executor;
}

void check_run(const RunOptions &out) {
  const int sources = (out.file.empty() ? 0 : 1) + (out.code ? 1 : 0) + (out.entry_point.empty() ? 0 : 1);
  if (sources == 0) {
    invalid_request("cli.usage",
                    "nothing to run: give a FILE, - for standard input, -c CODE, or --file with --entry-point\n"
                    "  execlet run hello.py\n  execlet run -l python -c 'print(1 + 1)'\n(see execlet run --help)");
  }
  if (sources > 1) {
    invalid_request("cli.usage", "FILE, -c CODE and --entry-point exclude each other: give one of them");
  }
  if (out.blocks && !out.entry_point.empty()) {
    invalid_request("cli.usage", "--blocks takes Markdown from FILE, - or -c CODE, not an --entry-point");
  }
  if (out.file == "-" && out.stdin_from == "-") {
    invalid_request("cli.usage", "standard input cannot be both the code (-) and the program's input (--stdin -)");
  }
  if (out.json && out.stream) {
    invalid_request("cli.usage", "--json and --stream exclude each other");
  }
  if (!out.collect.empty() && out.artifacts_dir.empty() && !out.json && !out.stream) {
    invalid_request("cli.usage", "--collect needs --artifacts DIR to write to (or --json to list what was found)");
  }
  if (out.collect.empty() && !out.artifacts_dir.empty()) {
    invalid_request("cli.usage", "--artifacts needs --collect GLOB: nothing is collected by default");
  }
}

Parsed parse_command(const std::string &name, const Arguments &arguments) {
  return parse(*find_command(name), arguments);
}

PluginsOptions plugins_options(const Parsed &parsed) {
  return {common_of(parsed), parsed.positional(), parsed.has("--json"), parsed.has("--explain")};
}

void read_limits(const Parsed &parsed, RunOptions &out) {
  for (const char *name : kLimits) {
    if (parsed.has(limit_flag(name))) {
      out.limits.emplace_back(name, parsed.text(limit_flag(name)));
    }
  }
  if (parsed.has("--output-limit")) {
    out.limits.emplace_back("output", parsed.text("--output-limit"));
  }
}

}  // namespace

RunOptions parse_run(const Arguments &arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const Parsed parsed = parse_command("run", Arguments(arguments.begin(), dashes));
  if (parsed.has("--session")) {
    invalid_request("cli.not-in-this-build", "--session is not in this build");
  }
  RunOptions out;
  if (dashes != arguments.end()) {
    out.args.assign(dashes + 1, arguments.end());
  }
  out.common = common_of(parsed);
  out.executor = executor_of(parsed);
  out.language = parsed.text("--language");
  out.file = parsed.positional();
  if (parsed.has("--code")) {
    out.code = parsed.text("--code");
  }
  out.files = parsed.list("--file");
  out.entry_point = parsed.text("--entry-point");
  out.stdin_from = parsed.text("--stdin");
  out.env = parsed.list("--env");
  out.timeout = seconds(parsed, "--timeout");
  out.kill_grace = seconds(parsed, "--kill-grace");
  out.deadline = seconds(parsed, "--deadline");
  read_limits(parsed, out);
  out.best_effort = parsed.has("--best-effort");
  out.network = parsed.text("--network");
  out.collect = parsed.list("--collect");
  out.artifacts_dir = parsed.text("--artifacts");
  out.blocks = parsed.has("--blocks");
  out.json = parsed.has("--json");
  out.stream = parsed.has("--stream");
  check_run(out);
  return out;
}

PluginsOptions parse_plugins_list(const Arguments &arguments) {
  return plugins_options(parse_command("plugins list", arguments));
}

PluginsOptions parse_plugins_info(const Arguments &arguments) {
  return plugins_options(parse_command("plugins info", arguments));
}

VerifyOptions parse_plugins_verify(const Arguments &arguments) {
  const Parsed parsed = parse_command("plugins verify", arguments);
  return {parsed.positionals(), parsed.has("--json")};
}

ConfigOptions parse_config(const std::string &action, const Arguments &arguments) {
  return {common_of(parse_command("config " + action, arguments))};
}

LanguagesOptions parse_languages(const Arguments &arguments) {
  const Parsed parsed = parse_command("languages", arguments);
  return {common_of(parsed), executor_of(parsed), parsed.has("--json")};
}

DoctorOptions parse_doctor(const Arguments &arguments) {
  const Parsed parsed = parse_command("doctor", arguments);
  return {common_of(parsed), executor_of(parsed), parsed.has("--json")};
}

InitOptions parse_init(const Arguments &arguments) {
  const Parsed parsed = parse_command("init", arguments);
  InitOptions out;
  if (!parsed.positional().empty()) {
    out.file = parsed.positional();
  }
  return out;
}

std::string parse_completion(const Arguments &arguments) {
  const Command &command = *find_command("completion");
  std::string shell = parse(command, arguments).positional();
  const std::vector<std::string_view> known = words_of(command.positional.choices);
  if (std::find(known.begin(), known.end(), shell) == known.end()) {
    invalid_request("cli.shell", "there is no completion for '" + shell + "', but for bash, zsh and fish");
  }
  return shell;
}

}  // namespace execlet::cli

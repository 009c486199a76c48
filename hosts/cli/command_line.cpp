// SPDX-License-Identifier: Apache-2.0
//
// The one translation unit with CLI11. Only the verb that was named is set up: that is most of the start-up time.
#include "command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <execlet/execlet.hpp>

namespace execlet::cli {
namespace {

// CLI11 takes a description first, then the usage: so examples come first in every help text.
constexpr const char *kRunExamples = R"(Run code in a place chosen by name.

Examples:
  execlet run hello.py                               language by extension, default executor
  execlet run -l python -c 'print(1 + 1)'
  execlet run -e safe -l bash --timeout 5 --memory 256m build.sh -- release
  echo 'console.log(1)' | execlet run -l javascript -
  execlet run --file main.py --file helper.py --entry-point main.py
  execlet run -l python -c 'open("a.txt", "w").write("hi")' --collect '*.txt' --artifacts out
  execlet run --blocks answer.md                     the fenced blocks of a Markdown file, in order
  execlet run --json -l python -c 'print(1)'         one JSON object instead of plain output

Exit code: the program's own; 124 timed out, 137 a resource limit, 130 cancelled, 128+N killed by signal N,
125 it could not be run.)";

constexpr const char *kPluginsListExamples = R"(List the backends that were found and what each can do.

Examples:
  execlet plugins list
  execlet plugins list --explain                     every directory searched and why a file was not taken
  execlet plugins list --plugin-dir ./build/plugins)";

constexpr const char *kPluginsInfoExamples = R"(Show one backend: what it can do and its options with their meaning.

Examples:
  execlet plugins info local
  execlet plugins info local --json)";

constexpr const char *kConfigCheckExamples = R"(Check the configuration: syntax, keys, and every executor's options.

Examples:
  execlet config check
  execlet config check --config ./execlet.json)";

constexpr const char *kConfigShowExamples = R"(Print the configuration in force as JSON; secrets read "***".

Examples:
  execlet config show
  execlet config show --config ./execlet.json)";

constexpr const char *kLanguagesExamples = R"(List the languages of an executor.

Examples:
  execlet languages
  execlet languages -e safe
  execlet languages -b local --json)";

constexpr const char *kInitExamples =
    R"(Write a commented configuration to start from; an existing file is never overwritten.

Examples:
  execlet init
  execlet init sandbox.json)";

// Text flags never take a second word: `--env A=1 file.py` has a file.
CLI::Option *add_list(CLI::App &app, const char *flag, std::vector<std::string> &value, const char *help) {
  return app.add_option(flag, value, help)->allow_extra_args(false);
}

void add_common(CLI::App &app, CommonOptions &common) {
  app.add_option("--config", common.config, "Configuration file (else $EXECLET_CONFIG, ./execlet.json, …)")
      ->type_name("FILE");
  add_list(app, "--plugin-dir", common.plugin_dirs, "Look for plugins here first")->type_name("DIR");
}

void add_executor(CLI::App &app, ExecutorOptions &executor) {
  app.add_option("-e,--executor", executor.executor, "Executor, by its name in the configuration")->type_name("NAME");
  app.add_option("-b,--backend", executor.backend, "A backend instead, with its defaults")->type_name("NAME");
  add_list(app, "-o,--option", executor.options, "Option of that backend; the value is JSON, else text")
      ->type_name("KEY=VALUE");
}

std::vector<std::string> long_flags(const CLI::App &app) {
  std::vector<std::string> out;
  for (const CLI::Option *option : app.get_options()) {
    for (const std::string &name : option->get_lnames()) {
      out.push_back("--" + name);
    }
  }
  return out;
}

[[noreturn]] void unexpected(const CLI::App &app, const std::string &verb) {
  const std::vector<std::string> extra = app.remaining();
  const std::string word = extra.empty() ? std::string() : extra.front();
  std::string message;
  if (word.size() > 1 && word.front() == '-') {
    const std::string flag = word.substr(0, word.find('='));
    const std::string near = nearest(flag, long_flags(app));
    message = "unknown flag " + flag + (near.empty() ? "" : "; did you mean " + near + "?");
  } else if (verb == "run") {
    message = "unexpected argument '" + word + "': arguments of the program go after --";
  } else {
    message = "unexpected argument '" + word + "'";
  }
  invalid_request("cli.usage", message + " (see execlet " + verb + " --help)");
}

void parse(CLI::App &app, const std::string &verb, Arguments arguments) {
  app.name("execlet " + verb);
  app.description(app.get_description() + "\n");
  app.allow_extras();
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp &) {
    throw HelpRequested{app.help()};
  } catch (const CLI::ParseError &error) {
    invalid_request("cli.usage", std::string(error.what()) + " (see execlet " + verb + " --help)");
  }
  if (app.remaining_size() != 0) {
    unexpected(app, verb);
  }
}

double seconds(const std::string &flag, const std::string &text) {
  char *end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value == value)) {
    invalid_request("cli.value", flag + " takes seconds, such as 30 or 0.5; got '" + text + "'");
  }
  return value;
}

struct RunTexts {
  std::string code;
  std::string timeout, kill_grace, deadline, session;
};

// The names are those of a configuration, which are also the flags with '-' for '_'.
constexpr std::pair<const char *, const char *> kLimitFlags[] = {
    {"memory", "Bytes, as 512m or 2g"},
    {"cpus", "0.5 = half of one cpu"},
    {"cpu_time", "Seconds of user + system time"},
    {"pids", "Processes and threads at a time"},
    {"open_files", "Open files per process"},
    {"file_size", "Largest file written, as 10m"},
    {"disk", "Bytes in the working directory"},
};

std::string limit_flag(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

void add_run_source(CLI::App &app, RunOptions &out, RunTexts &texts) {
  app.add_option("FILE", out.file, "File with code; - = standard input")->type_name("");
  app.add_option("-c,--code", texts.code, "Code, instead of a file")->type_name("CODE");
  add_executor(app, out.executor);
  app.add_option("-l,--language", out.language, "Language (else by extension, #! line, the executor's only one)")
      ->type_name("LANG");
  app.add_flag("--blocks", out.blocks, "The code is Markdown: run its fenced blocks in order");
  add_list(app, "--file", out.files, "Put a file or directory into the working directory")->type_name("PATH[=NAME]");
  app.add_option("--entry-point", out.entry_point, "Run this file of the working directory")->type_name("NAME");
  app.add_option("--stdin", out.stdin_from, "The program's standard input; - = our own (none otherwise)")
      ->type_name("FILE");
  add_list(app, "--env", out.env, "Environment variable of the program")->type_name("NAME=VALUE");
}

void add_run_bounds(CLI::App &app, RunOptions &out, RunTexts &texts, std::vector<std::string> &limits) {
  app.add_option("--timeout", texts.timeout, "Wall time of the code in seconds")->type_name("S");
  app.add_option("--kill-grace", texts.kill_grace, "Seconds between SIGTERM and SIGKILL")->type_name("S");
  app.add_option("--deadline", texts.deadline, "Seconds for everything, start of the backend included")->type_name("S");
  for (std::size_t i = 0; i < std::size(kLimitFlags); ++i) {
    app.add_option(limit_flag(kLimitFlags[i].first), limits[i], kLimitFlags[i].second)->type_name("N");
  }
  app.add_option("--output-limit", limits.back(), "Bytes of output; more ends the run")->type_name("N");
  app.add_flag("--best-effort", out.best_effort, "Run although a limit cannot be enforced, and say so");
  app.add_option("--network", out.network, "none = no network")->type_name("MODE");
}

void add_run_output(CLI::App &app, RunOptions &out, RunTexts &texts) {
  add_list(app, "--collect", out.collect, "Hand back files that match (*, ?, [], **)")->type_name("GLOB");
  app.add_option("--artifacts", out.artifacts_dir, "Write the collected files here")->type_name("DIR");
  app.add_option("--session", texts.session)->group("");  // not in this build: hidden, and refused below
  app.add_flag("--json", out.json, "Print one JSON object with everything");
  app.add_flag("--stream", out.stream, "Print one JSON event a line, the result last");
  add_common(app, out.common);
}

void check_run(const CLI::App &app, const RunOptions &out) {
  const int sources = (out.file.empty() ? 0 : 1) + (out.code ? 1 : 0) + (out.entry_point.empty() ? 0 : 1);
  if (app.count("--session") != 0) {
    invalid_request("cli.not-in-this-build", "--session is not in this build");
  }
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

void check_executor(const ExecutorOptions &executor) {
  if (!executor.executor.empty() && !executor.backend.empty()) {
    invalid_request("cli.usage", "-e NAME and -b NAME exclude each other");
  }
  if (!executor.options.empty() && executor.backend.empty()) {
    invalid_request("cli.usage", "-o sets an option of a backend: name it with -b");
  }
}

}  // namespace

void invalid_request(const std::string &reason, const std::string &message) {
  throw InvalidRequestError(Status::kInvalidRequest, Failure{reason, message, "{}", false, false});
}

RunOptions parse_run(const Arguments &arguments) {
  CLI::App app(kRunExamples);
  RunOptions out;
  RunTexts texts;
  std::vector<std::string> limits(std::size(kLimitFlags) + 1);
  add_run_source(app, out, texts);
  add_run_bounds(app, out, texts, limits);
  add_run_output(app, out, texts);

  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes != arguments.end()) {
    out.args.assign(dashes + 1, arguments.end());
  }
  parse(app, "run", Arguments(arguments.begin(), dashes));

  if (app.count("-c") != 0) {
    out.code = texts.code;
  }
  if (app.count("--timeout") != 0) {
    out.timeout = seconds("--timeout", texts.timeout);
  }
  if (app.count("--kill-grace") != 0) {
    out.kill_grace = seconds("--kill-grace", texts.kill_grace);
  }
  if (app.count("--deadline") != 0) {
    out.deadline = seconds("--deadline", texts.deadline);
  }
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (!limits[i].empty()) {
      out.limits.emplace_back(i < std::size(kLimitFlags) ? kLimitFlags[i].first : "output", limits[i]);
    }
  }
  check_executor(out.executor);
  check_run(app, out);
  return out;
}

PluginsOptions parse_plugins_list(const Arguments &arguments) {
  CLI::App app(kPluginsListExamples);
  PluginsOptions out;
  add_common(app, out.common);
  app.add_flag("--explain", out.explain, "Show every directory and file looked at, and why it was not taken");
  app.add_flag("--json", out.json, "Print JSON");
  parse(app, "plugins list", arguments);
  return out;
}

PluginsOptions parse_plugins_info(const Arguments &arguments) {
  CLI::App app(kPluginsInfoExamples);
  PluginsOptions out;
  app.add_option("NAME", out.name, "Name of the backend")->type_name("")->required();
  add_common(app, out.common);
  app.add_flag("--json", out.json, "Print JSON");
  parse(app, "plugins info", arguments);
  return out;
}

ConfigOptions parse_config(const std::string &action, const Arguments &arguments) {
  CLI::App app(action == "check" ? kConfigCheckExamples : kConfigShowExamples);
  ConfigOptions out;
  add_common(app, out.common);
  parse(app, "config " + action, arguments);
  return out;
}

LanguagesOptions parse_languages(const Arguments &arguments) {
  CLI::App app(kLanguagesExamples);
  LanguagesOptions out;
  add_executor(app, out.executor);
  add_common(app, out.common);
  app.add_flag("--json", out.json, "Print JSON");
  parse(app, "languages", arguments);
  check_executor(out.executor);
  return out;
}

InitOptions parse_init(const Arguments &arguments) {
  CLI::App app(kInitExamples);
  InitOptions out;
  app.add_option("FILE", out.file, "The file to write (./execlet.json)")->type_name("");
  parse(app, "init", arguments);
  return out;
}

}  // namespace execlet::cli

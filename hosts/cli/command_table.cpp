// SPDX-License-Identifier: Apache-2.0
#include "command_table.h"

#include <algorithm>
#include <array>

namespace execlet::cli {
namespace {

using Kind = ValueKind;

constexpr Flag kConfigFlags[] = {
    {"--config", "FILE", "Configuration file (else $EXECLET_CONFIG, ./execlet.json, …)", Kind::kFile},
    {"--plugin-dir", "DIR", "Look for plugins here first (repeatable)", Kind::kDirectory, true},
};

constexpr Flag kExecutorFlags[] = {
    {"-e,--executor", "NAME", "Executor, by its name in the configuration", Kind::kExecutor},
    {"-b,--backend", "NAME", "A backend instead, with its defaults", Kind::kBackend},
    {"-o,--option", "KEY=VALUE", "Option of that backend; the value is JSON, else text (repeatable)", Kind::kOption,
     true},
};

constexpr Flag kJson = {"--json", "", "Print JSON"};

constexpr Flag kRunFlags[] = {
    {"-c,--code", "CODE", "Code, instead of a file"},
    {"-l,--language", "LANG", "Language (else by extension, #! line, the executor's only one)", Kind::kLanguage},
    {"--blocks", "", "The code is Markdown: run its fenced blocks in order"},
    {"--file", "PATH[=NAME]", "Put a file or directory into the working directory (repeatable)", Kind::kFile, true},
    {"--entry-point", "NAME", "Run this file of the working directory"},
    {"--stdin", "FILE", "The program's standard input; - = our own (none otherwise)", Kind::kFile},
    {"--env", "NAME=VALUE", "Environment variable of the program (repeatable)", Kind::kText, true},
    {"--timeout", "S", "Wall time of the code in seconds (the executor's, else 60)"},
    {"--kill-grace", "S", "Seconds between SIGTERM and SIGKILL (the executor's, else 0.2)"},
    {"--deadline", "S", "Seconds for everything, start of the backend included (no limit)"},
    {"--memory", "N", "Bytes, as 512m or 2g"},
    {"--cpus", "N", "0.5 = half of one cpu"},
    {"--cpu-time", "N", "Seconds of user + system time"},
    {"--pids", "N", "Processes and threads at a time"},
    {"--open-files", "N", "Open files per process"},
    {"--file-size", "N", "Largest file written, as 10m"},
    {"--disk", "N", "Bytes in the working directory"},
    {"--output-limit", "N", "Bytes of output; more ends the run"},
    {"--best-effort", "", "Run without a limit that cannot be enforced here, and say so, instead of refusing to run"},
    {"--network", "MODE", "none = no network; refused by a backend that cannot take it away", Kind::kChoice, false,
     "none"},
    {"--collect", "GLOB", "Hand back files that match (*, ?, [], **) (repeatable)", Kind::kText, true},
    {"--artifacts", "DIR", "Write the collected files here", Kind::kDirectory},
    {"--session", "NAME", "", Kind::kText, false, "", true},
    {"--json", "", "Print one JSON object with everything"},
    {"--stream", "", "Print one JSON event a line, the result last"},
};

constexpr Flag kListFlags[] = {
    {"--explain", "", "Show every directory and file looked at, and why it was taken or not"},
    kJson,
};

constexpr Flag kJsonOnly[] = {kJson};

constexpr std::string_view kRunExamples =
    R"(  execlet run hello.py                               language by extension, default executor
  execlet run -l python -c 'print(1 + 1)'
  execlet run -e safe -l bash --timeout 5 --memory 256m build.sh -- release
  echo 'console.log(1)' | execlet run -l javascript -
  execlet run --file main.py --file helper.py --entry-point main.py
  execlet run -l python -c 'open("a.txt", "w").write("hi")' --collect '*.txt' --artifacts out
  execlet run --blocks answer.md                     the fenced blocks of a Markdown file, in order
  execlet run --json -l python -c 'print(1)'         one JSON object instead of plain output
)";

constexpr std::string_view kRunRemark =
    R"(Arguments of the program go after --.

Exit code: the program's own; 124 timed out, 137 a resource limit, 130 cancelled, 128+N killed by signal N,
125 it could not be run. A program may exit with any of these itself: `status` of --json tells them apart.)";

constexpr std::string_view kPluginsListExamples =
    R"(  execlet plugins list
  execlet plugins list --explain                     every directory searched, every file in it, taken or not and why
  execlet plugins list --plugin-dir ./build/plugins
)";

constexpr std::string_view kPluginsInfoExamples =
    R"(  execlet plugins info local
  execlet plugins info local --json
)";

constexpr std::string_view kPluginsVerifyExamples =
    R"(  execlet plugins verify build/my-backend.so
  execlet plugins verify --json *.so
)";

constexpr std::string_view kConfigCheckExamples =
    R"(  execlet config check
  execlet config check --config ./execlet.json
)";

constexpr std::string_view kConfigShowExamples =
    R"(  execlet config show
  execlet config show --config ./execlet.json
)";

constexpr std::string_view kLanguagesExamples =
    R"(  execlet languages
  execlet languages -e safe
  execlet languages -b local --json
)";

constexpr std::string_view kDoctorExamples =
    R"(  execlet doctor                                     every executor of the configuration
  execlet doctor -e safe
  execlet doctor -b local -o containment=cgroup      an executor that is not in the configuration
  execlet doctor --json
)";

constexpr std::string_view kDoctorRemark =
    R"(For each executor: its plugin, the languages found, how each limit is enforced on this machine, and one
real execution. For what cannot be enforced it says what to change. Nothing is changed.

Exit code: 0 all is well (there may be warnings), 1 something failed, 125 a wrong call.)";

constexpr std::string_view kInitExamples =
    R"(  execlet init
  execlet init sandbox.json
)";

constexpr std::string_view kCompletionExamples =
    R"(  execlet completion bash > /etc/bash_completion.d/execlet
  source <(execlet completion bash)                  in ~/.bashrc
  source <(execlet completion zsh)                   in ~/.zshrc, after compinit
  execlet completion fish | source                   in ~/.config/fish/config.fish
)";

constexpr Command kCommands[] = {
    {"run",
     "Run code in a place chosen by name",
     kRunExamples,
     kRunRemark,
     {"FILE", "File with code; - = standard input", Kind::kFile},
     kRunFlags,
     true,
     true},
    {"plugins list",
     "List the backends that were found and what each can do",
     kPluginsListExamples,
     "",
     {},
     kListFlags,
     false,
     true},
    {"plugins info",
     "Show one backend: what it can do and its options with their meaning",
     kPluginsInfoExamples,
     "",
     {"NAME", "Name of the backend", Kind::kBackend, true},
     kJsonOnly,
     false,
     true},
    {"plugins verify",
     "Say all that is wrong with a plugin file",
     kPluginsVerifyExamples,
     "A file that others could have written is looked at, but not run.\n\n"
     "Exit code: 0 nothing is wrong, 1 something is, 125 a wrong call.",
     {"FILE", "Plugin to look at", Kind::kFile, true, true},
     kJsonOnly},
    {"config check",
     "Check the configuration: syntax, keys, and every executor's options",
     kConfigCheckExamples,
     "",
     {},
     {},
     false,
     true},
    {"config show",
     "Print the configuration in force as JSON; secrets read \"***\"",
     kConfigShowExamples,
     "",
     {},
     {},
     false,
     true},
    {"config schema",
     "Print the JSON Schema of the configuration file",
     "  execlet config schema > execlet.schema.json\n",
     "",
     {},
     {}},
    {"languages", "List the languages of an executor", kLanguagesExamples, "", {}, kJsonOnly, true, true},
    {"doctor",
     "Check the installation and try every executor",
     kDoctorExamples,
     kDoctorRemark,
     {},
     kJsonOnly,
     true,
     true},
    {"init",
     "Write a commented configuration to start from",
     kInitExamples,
     "An existing file is never overwritten.",
     {"FILE", "The file to write (./execlet.json)", Kind::kFile},
     {}},
    {"completion",
     "Print the completion script of a shell",
     kCompletionExamples,
     "",
     {"SHELL", "bash, zsh or fish", Kind::kChoice, true, false, "bash zsh fish"},
     {}},
};

std::string_view first_word(std::string_view name) {
  return name.substr(0, name.find(' '));
}

}  // namespace

const std::string_view kOverviewExamples =
    R"(  execlet run hello.py
  execlet run -l bash -c 'echo hello'
  execlet run -e safe --timeout 5 --memory 256m job.py -- --fast
  execlet init
  execlet doctor
)";

std::span<const Command> commands() {
  return kCommands;
}

const Command *find_command(std::string_view name) {
  const auto found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                  [&](const Command &command) { return command.name == name; });
  return found != std::end(kCommands) ? &*found : nullptr;
}

std::vector<Flag> flags_of(const Command &command) {
  std::vector<Flag> out;
  if (command.takes_executor) out.insert(out.end(), std::begin(kExecutorFlags), std::end(kExecutorFlags));
  out.insert(out.end(), command.flags.begin(), command.flags.end());
  if (command.reads_config) out.insert(out.end(), std::begin(kConfigFlags), std::end(kConfigFlags));
  return out;
}

std::string_view long_name(const Flag &flag) {
  return flag.names.substr(flag.names.find("--"));
}

std::vector<std::string_view> words_of(std::string_view choices) {
  std::vector<std::string_view> out;
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find(' '), choices.size());
    if (end != 0) out.push_back(choices.substr(0, end));
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return out;
}

std::vector<std::string_view> verbs() {
  std::vector<std::string_view> out;
  for (const Command &command : kCommands)
    if (out.empty() || out.back() != first_word(command.name)) out.push_back(first_word(command.name));
  return out;
}

std::vector<std::string_view> sub_verbs(std::string_view verb) {
  std::vector<std::string_view> out;
  for (const Command &command : kCommands)
    if (first_word(command.name) == verb && command.name != verb) out.push_back(command.name.substr(verb.size() + 1));
  return out;
}

}  // namespace execlet::cli

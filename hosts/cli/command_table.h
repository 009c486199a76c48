// SPDX-License-Identifier: Apache-2.0
//
// Every verb of the tool with its flags and arguments: the one place that the parser, help texts, completions and
// manual pages go by. Data only; it knows neither the parser nor the library.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace execlet::cli {

// What a value is, so that a shell can complete it.
enum class ValueKind { kText, kFile, kDirectory, kExecutor, kBackend, kOption, kLanguage, kChoice };

struct Flag {
  std::string_view names;  // "-l,--language"
  std::string_view word;   // its value, as shown: "LANG"; empty = takes none
  std::string_view help;
  ValueKind kind = ValueKind::kText;
  bool repeatable = false;
  std::string_view choices = {};  // of kChoice, separated by blanks
  bool hidden = false;            // understood only to be refused with a reason
};

struct Positional {
  std::string_view word;  // "FILE"; empty = the verb takes none
  std::string_view help;
  ValueKind kind = ValueKind::kText;
  bool required = false;
  bool repeatable = false;
  std::string_view choices = {};
};

struct Command {
  std::string_view name;      // "plugins list"
  std::string_view summary;   // one line without a full stop
  std::string_view examples;  // lines, indented by two
  std::string_view remark;    // after the examples; may be empty
  Positional positional;
  std::span<const Flag> flags;  // its own
  bool takes_executor = false;  // -e, -b, -o
  bool reads_config = false;    // --config, --plugin-dir
};

std::span<const Command> commands();
// Null for an unknown name.
const Command *find_command(std::string_view name);
// All flags of a command but --help: the executor's, its own, the configuration's.
std::vector<Flag> flags_of(const Command &command);
// "--language" of "-l,--language": the name by which a flag is asked for.
std::string_view long_name(const Flag &flag);
// "bash", "zsh" of "bash zsh".
std::vector<std::string_view> words_of(std::string_view choices);
// The first words of commands in order: "run", "plugins", …
std::vector<std::string_view> verbs();
// "list", "info" of "plugins"; empty for a verb that stands alone.
std::vector<std::string_view> sub_verbs(std::string_view verb);

// "  execlet run …\n" for the tool as a whole.
extern const std::string_view kOverviewExamples;

}  // namespace execlet::cli

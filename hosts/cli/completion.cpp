// SPDX-License-Identifier: Apache-2.0
//
// `execlet completion SHELL` prints a script that asks `execlet __complete` at every tab: so there is one place that
// knows what can follow, and what a shell offers is what this binary understands.
#include <algorithm>
#include <execlet/execlet.hpp>
#include <optional>

#include "completion_scripts.h"
#include "console.h"
#include "executor_choice.h"
#include "json_text.h"
#include "verbs.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

struct Answer {
  std::string_view kind = "words";
  std::vector<std::string> lines;
  std::string current;  // what all candidates begin with

  void offer(std::string_view word, std::string_view description = {}, std::string_view prefix = {}) {
    const std::string whole = std::string(prefix) + std::string(word);
    if (whole.compare(0, current.size(), current) != 0) {
      return;
    }
    lines.push_back(description.empty() ? whole : whole + "\t" + std::string(description));
  }
};

// A command line as far as it has been typed.
struct Typed {
  const Command *command = nullptr;
  std::vector<std::string> flags;  // long names, as often as given
  CommonOptions common;            // what decides which executors and backends there are
  ExecutorOptions executor;
  std::optional<Flag> open;  // the flag whose value comes next
  std::size_t positionals = 0;
  bool after_dashes = false;
};

std::optional<Flag> find_flag(const Command &command, std::string_view name) {
  for (const Flag &flag : flags_of(command)) {
    if (name == long_name(flag) || (flag.names.size() > 2 && flag.names[2] == ',' && name == flag.names.substr(0, 2))) {
      return flag;
    }
  }
  return std::nullopt;
}

void take_value(Typed &typed, const Flag &flag, const std::string &value) {
  const std::string_view name = long_name(flag);
  if (name == "--config") typed.common.config = value;
  if (name == "--plugin-dir") typed.common.plugin_dirs.push_back(value);
  if (name == "--executor") typed.executor.executor = value;
  if (name == "--backend") typed.executor.backend = value;
}

void take_word(Typed &typed, const std::string &word) {
  if (typed.open) {
    take_value(typed, *typed.open, word);
    typed.open.reset();
    return;
  }
  if (typed.after_dashes || word.size() < 2 || word.front() != '-') {
    ++typed.positionals;
    return;
  }
  typed.after_dashes = word == "--";
  const std::size_t equals = word.find('=');
  const std::optional<Flag> flag = find_flag(*typed.command, word.substr(0, equals));
  if (!flag) {
    return;
  }
  typed.flags.emplace_back(long_name(*flag));
  if (flag->word.empty()) {
    return;
  }
  if (equals != std::string::npos)
    take_value(typed, *flag, word.substr(equals + 1));
  else
    typed.open = flag;
}

void offer_executors(Answer &answer, const Runtime &runtime, std::string_view prefix) {
  const json::object config = parse_object(runtime.config_json());
  for (const auto &member : object_at(config, "executors")) {
    answer.offer({member.key().data(), member.key().size()},
                 member.value().is_object() ? text_at(member.value().get_object(), "backend") : "", prefix);
  }
  if (runtime.config_path().empty()) {
    answer.offer("local", "without a configuration", prefix);
  }
}

void offer_backends(Answer &answer, const Runtime &runtime, std::string_view prefix) {
  const json::object report = parse_object(runtime.plugins_json());
  for (const json::value &directory : list_at(report, "directories")) {
    for (const json::value &candidate : list_at(directory.get_object(), "candidates")) {
      const json::object manifest = object_at(candidate.get_object(), "manifest");
      if (text_at(candidate.get_object(), "state") == "usable") {
        answer.offer(text_at(manifest, "name"), text_at(manifest, "description"), prefix);
      }
    }
  }
}

void offer_options(Answer &answer, const Runtime &runtime, const Typed &typed, std::string_view prefix) {
  const json::object manifest = object_at(parse_object(runtime.plugin_json(typed.executor.backend)), "manifest");
  for (const auto &member : object_at(object_at(manifest, "options"), "properties")) {
    answer.offer(std::string(member.key().data(), member.key().size()) + "=",
                 member.value().is_object() ? text_at(member.value().get_object(), "description") : "", prefix);
  }
  answer.kind = "unfinished";
}

void offer_languages(Answer &answer, const Runtime &runtime, const Typed &typed, std::string_view prefix) {
  const json::object facts = parse_object(choose_executor(runtime, typed.executor).describe_json());
  for (const json::value &language : list_at(facts, "languages")) {
    if (language.is_object() && flag_at(language.get_object(), "available")) {
      answer.offer(text_at(language.get_object(), "name"), text_at(language.get_object(), "executable"), prefix);
    }
  }
}

void offer_values(Answer &answer, ValueKind kind, std::string_view choices, const Typed &typed,
                  std::string_view prefix) {
  switch (kind) {
    case ValueKind::kFile:
      answer.kind = "files";
      return;
    case ValueKind::kDirectory:
      answer.kind = "directories";
      return;
    case ValueKind::kChoice:
      for (const std::string_view choice : words_of(choices)) answer.offer(choice, {}, prefix);
      return;
    case ValueKind::kExecutor:
      return offer_executors(answer, open_quietly(typed.common), prefix);
    case ValueKind::kBackend:
      return offer_backends(answer, open_quietly(typed.common), prefix);
    case ValueKind::kOption:
      return offer_options(answer, open_quietly(typed.common), typed, prefix);
    case ValueKind::kLanguage:
      return offer_languages(answer, open_quietly(typed.common), typed, prefix);
    case ValueKind::kText:
      return;
  }
}

void offer_flags(Answer &answer, const Typed &typed) {
  answer.offer("--help", "Print this help message and exit");
  for (const Flag &flag : flags_of(*typed.command)) {
    const bool given = std::find(typed.flags.begin(), typed.flags.end(), long_name(flag)) != typed.flags.end();
    if (!flag.hidden && (flag.repeatable || !given)) {
      answer.offer(long_name(flag), flag.help);
    }
  }
}

void complete_command(Answer &answer, const Typed &typed) {
  if (typed.open) {
    return offer_values(answer, typed.open->kind, typed.open->choices, typed, {});
  }
  if (typed.after_dashes) {
    answer.kind = "files";
    return;
  }
  const std::size_t equals = answer.current.find('=');
  if (answer.current.compare(0, 2, "--") == 0 && equals != std::string::npos) {
    const std::string name = answer.current.substr(0, equals);
    const std::optional<Flag> flag = find_flag(*typed.command, name);
    if (flag && !flag->word.empty()) offer_values(answer, flag->kind, flag->choices, typed, name + "=");
    return;
  }
  if (!answer.current.empty() && answer.current.front() == '-') {
    return offer_flags(answer, typed);
  }
  const Positional &positional = typed.command->positional;
  if (!positional.word.empty() && (typed.positionals == 0 || positional.repeatable)) {
    offer_values(answer, positional.kind, positional.choices, typed, {});
  }
  // Nothing can come but a flag.
  if (answer.kind == "words" && answer.lines.empty()) offer_flags(answer, typed);
}

void offer_verbs(Answer &answer) {
  for (const std::string_view verb : verbs()) {
    const Command *command = find_command(verb);
    answer.offer(verb, command != nullptr ? command->summary : std::string_view());
  }
  if (!answer.current.empty()) {
    answer.offer("--help", "Print this help message and exit");
    answer.offer("--version", "Print the version");
  }
}

void complete(Answer &answer, const Arguments &before) {
  if (before.empty()) {
    return offer_verbs(answer);
  }
  const std::vector<std::string_view> subs = sub_verbs(before.front());
  if (!subs.empty() && before.size() == 1) {
    for (const std::string_view sub : subs) {
      answer.offer(sub, find_command(before.front() + " " + std::string(sub))->summary);
    }
    return;
  }
  Typed typed;
  typed.command = find_command(subs.empty() ? before.front() : before[0] + " " + before[1]);
  if (typed.command == nullptr) {
    return;
  }
  for (std::size_t i = subs.empty() ? 1 : 2; i < before.size(); ++i) take_word(typed, before[i]);
  complete_command(answer, typed);
}

}  // namespace

int completion(const Arguments &arguments) {
  const std::string shell = parse_completion(arguments);
  print(shell == "bash" ? kBashCompletion : shell == "zsh" ? kZshCompletion : kFishCompletion);
  return 0;
}

int complete_words(const Arguments &arguments) {
  Answer answer;
  Arguments before = arguments;
  if (!before.empty()) {
    answer.current = std::move(before.back());
    before.pop_back();
  }
  try {
    complete(answer, before);
  } catch (const Error &) {
    // A tab is no place to complain: a broken configuration offers nothing.
  }
  std::string out = std::string(answer.kind) + "\n";
  for (const std::string &line : answer.lines) out += line + "\n";
  print(out);
  return 0;
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
#include "parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <execlet/execlet.hpp>

namespace execlet::cli {
namespace {

// CLI11 takes a description first, then the usage: so examples come first in every help text.
std::string description_of(const Command &command) {
  std::string out(command.summary);
  out += ".\n\nExamples:\n" + std::string(command.examples);
  if (!command.remark.empty()) out += "\n" + std::string(command.remark) + "\n";
  return out;
}

// Where CLI11 puts what it read.
struct Slots {
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> switches;
  std::vector<std::string> positionals;
};

void define(const Command &command, CLI::App &app, Slots &slots) {
  app.name("execlet " + std::string(command.name));
  app.allow_extras();
  if (const Positional &positional = command.positional; !positional.word.empty()) {
    CLI::Option *option = app.add_option(std::string(positional.word), slots.positionals, std::string(positional.help));
    option->type_name("")->required(positional.required);
    if (!positional.repeatable) option->expected(1)->allow_extra_args(false);
  }
  for (const Flag &flag : flags_of(command)) {
    const std::string name(long_name(flag));
    CLI::Option *option = nullptr;
    if (flag.word.empty()) {
      option = app.add_flag(std::string(flag.names), slots.switches[name], std::string(flag.help));
    } else {
      // Never a second word: `--env A=1 file.py` has a file.
      option = app.add_option(std::string(flag.names), slots.values[name], std::string(flag.help));
      option->type_name(std::string(flag.word))->expected(1)->allow_extra_args(false);
      option->multi_option_policy(flag.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
    }
    if (flag.hidden) option->group("");
  }
}

[[noreturn]] void misused(const Command &command, const std::string &message) {
  invalid_request("cli.usage", message + " (see execlet " + std::string(command.name) + " --help)");
}

[[noreturn]] void unexpected(const Command &command, const std::string &word) {
  std::string message;
  if (word.size() > 1 && word.front() == '-') {
    const std::string flag = word.substr(0, word.find('='));
    std::vector<std::string> known = {"--help"};
    for (const Flag &each : flags_of(command)) {
      if (!each.hidden) known.emplace_back(long_name(each));
    }
    const std::string near = nearest(flag, known);
    message = "unknown flag " + flag + (near.empty() ? "" : "; did you mean " + near + "?");
  } else if (command.name == "run") {
    message = "unexpected argument '" + word + "': arguments of the program go after --";
  } else {
    message = "unexpected argument '" + word + "'";
  }
  misused(command, message);
}

// The parser would take the next argument for the value.
void refuse_empty_values(const Arguments &arguments) {
  for (const std::string &argument : arguments) {
    if (argument == "--") return;
    if (argument.size() > 3 && argument.compare(0, 2, "--") == 0 && argument.find('=') == argument.size() - 1)
      invalid_request("cli.usage", argument + " has no value");
  }
}

bool names(const Flag &flag, std::string_view word) {
  const std::string_view name = long_name(flag);
  return word == name || (flag.names.size() > name.size() && word == flag.names.substr(0, flag.names.find(',')));
}

// What the parser found wrong, in words that say what to give instead.
[[noreturn]] void explain(const Command &command, const CLI::ParseError &error, const std::string &last) {
  const std::string text = error.what();
  for (const Flag &flag : flags_of(command)) {
    const std::string name(long_name(flag));
    // Each flag takes one value in the next word: only the last word can lack it.
    if (!flag.word.empty() && names(flag, last))
      misused(command, name + " needs a value: " + std::string(flag.word) + " (" + std::string(flag.help) + ")");
    if (text.find(name + ": ") == 0) misused(command, name + " is given more than once");
    if (flag.word.empty() && text.find(name + " = ") != std::string::npos)
      misused(command, name + " takes no value; found '" + text.substr(text.find(" = ") + 3) + "'");
  }
  if (dynamic_cast<const CLI::RequiredError *>(&error) != nullptr)
    misused(command, std::string(command.positional.word) + " is missing: " + std::string(command.positional.help));
  misused(command, text);
}

// "" is most often a variable of a script that was not set, and would do something else than what was meant. Code may
// be empty.
void refuse_empty_words(const Command &command, const Parsed &parsed) {
  for (const Flag &flag : flags_of(command)) {
    if (flag.word.empty() || long_name(flag) == "--code") continue;
    for (const std::string &value : parsed.list(long_name(flag)))
      if (value.empty())
        misused(command, std::string(long_name(flag)) + " takes " + std::string(flag.word) + "; found ''");
  }
  for (const std::string &value : parsed.positionals())
    if (value.empty()) misused(command, "expected " + std::string(command.positional.word) + ", found ''");
}

}  // namespace

void invalid_request(const std::string &reason, const std::string &message) {
  throw InvalidRequestError(Status::kInvalidRequest, Failure{reason, message, "{}", false, false});
}

std::string Parsed::text(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() || found->second.empty() ? std::string() : found->second.front();
}

std::vector<std::string> Parsed::list(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Parsed parse(const Command &command, Arguments arguments) {
  refuse_empty_values(arguments);
  CLI::App app(description_of(command));
  Slots slots;
  define(command, app, slots);
  const std::string last = arguments.empty() ? "" : arguments.back();
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp &) {
    throw HelpRequested{app.help()};
  } catch (const CLI::ParseError &error) {
    const std::vector<std::string> extra = app.remaining();
    if (!extra.empty() && extra.front().size() > 1 && extra.front().front() == '-') unexpected(command, extra.front());
    explain(command, error, last);
  }
  if (app.remaining_size() != 0) unexpected(command, app.remaining().front());

  Parsed out;
  for (auto &[name, values] : slots.values) {
    if (app.count(name) != 0) out.values_[name] = std::move(values);
  }
  for (const auto &[name, given] : slots.switches) {
    if (given) out.values_[name] = {};
  }
  out.positionals_ = std::move(slots.positionals);
  refuse_empty_words(command, out);
  return out;
}

std::string help_of(const Command &command) {
  CLI::App app(description_of(command));
  Slots slots;
  define(command, app, slots);
  return app.help();
}

}  // namespace execlet::cli

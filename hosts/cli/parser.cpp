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
  invalid_request("cli.usage", message + " (see execlet " + std::string(command.name) + " --help)");
}

// The parser would take the next argument for the value.
void refuse_empty_values(const Arguments &arguments) {
  for (const std::string &argument : arguments) {
    if (argument == "--") return;
    if (argument.size() > 3 && argument.compare(0, 2, "--") == 0 && argument.find('=') == argument.size() - 1)
      invalid_request("cli.usage", argument + " has no value");
  }
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
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp &) {
    throw HelpRequested{app.help()};
  } catch (const CLI::ParseError &error) {
    const std::vector<std::string> extra = app.remaining();
    if (!extra.empty() && extra.front().size() > 1 && extra.front().front() == '-') unexpected(command, extra.front());
    invalid_request("cli.usage", std::string(error.what()) + " (see execlet " + std::string(command.name) + " --help)");
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
  if (out.has("--config") && out.text("--config").empty())
    invalid_request("cli.usage", "--config takes the path of a file; got ''");
  return out;
}

std::string help_of(const Command &command) {
  CLI::App app(description_of(command));
  Slots slots;
  define(command, app, slots);
  return app.help();
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
//
// execlet, the command line tool: finds the verb and turns what it throws into one line and an exit code.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <execlet/execlet.hpp>
#include <string>
#include <string_view>
#include <system_error>

#include "console.h"
#include "json_text.h"
#include "verbs.h"

namespace execlet::cli {
namespace {

struct Handler {
  std::string_view command;
  int (*call)(const Arguments &);
};

constexpr std::array kHandlers = {
    Handler{"run", run},
    Handler{"plugins list", plugins_list},
    Handler{"plugins info", plugins_info},
    Handler{"plugins verify", plugins_verify},
    Handler{"config check", config_check},
    Handler{"config show", config_show},
    Handler{"config schema", config_schema},
    Handler{"languages", languages},
    Handler{"doctor", doctor},
    Handler{"init", init},
    Handler{"completion", completion},
    // For the completion scripts and the build; not in any help.
    Handler{"__complete", complete_words},
    Handler{"__commands", print_commands},
};

int (*handler_of(std::string_view name))(const Arguments &) {
  for (const Handler &handler : kHandlers) {
    if (handler.command == name) {
      return handler.call;
    }
  }
  return nullptr;
}

std::string line_of(std::string_view name, std::string_view summary) {
  std::string out = "  " + std::string(name);
  out.resize(std::max<std::size_t>(out.size() + 2, 18), ' ');
  return out + std::string(summary) + "\n";
}

std::string overview() {
  std::string out = "Run code in a place chosen by name.\n\nExamples:\n" + std::string(kOverviewExamples) +
                    "\nUsage: execlet VERB [FLAGS]\n\nVerbs (each has --help):\n";
  for (const Command &command : commands()) {
    out += line_of(command.name, command.summary);
  }
  return out + line_of("--version [--json]", "The version; as JSON also where the library and its helper programs are");
}

// Of a verb that has verbs of its own.
std::string overview_of(const std::string &verb) {
  std::string out = "Usage: execlet " + verb + " VERB [FLAGS]\n\nVerbs (each has --help):\n";
  for (const std::string_view sub : sub_verbs(verb)) {
    out += line_of(sub, find_command(verb + " " + std::string(sub))->summary);
  }
  return out;
}

bool is_help(const Arguments &arguments, std::size_t at) {
  return at >= arguments.size() || arguments[at] == "--help" || arguments[at] == "-h";
}

std::vector<std::string> texts(const std::vector<std::string_view> &words) {
  return {words.begin(), words.end()};
}

[[noreturn]] void unknown_verb(const std::string &prefix, const std::string &word,
                               const std::vector<std::string> &known) {
  if (word.empty() || word.front() == '-') {
    invalid_request("cli.usage", "the verb comes first: " + prefix + " VERB " + word + " (see " + prefix + " --help)");
  }
  if (prefix == "execlet" && access(word.c_str(), F_OK) == 0) {
    invalid_request("cli.usage", "unknown verb '" + word + "'; to run that file: execlet run " + word);
  }
  if (prefix == "execlet" && (word == "help" || word == "version")) {
    invalid_request("cli.usage", "unknown verb '" + word + "'; did you mean execlet --" + word + "?" +
                                     (word == "help" ? " Each verb has it too: execlet run --help" : ""));
  }
  const std::string near = nearest(word, known);
  invalid_request("cli.usage", "unknown verb '" + word + "'" + (near.empty() ? "" : "; did you mean " + near + "?") +
                                   " (see " + prefix + " --help)");
}

int version_verb(const Arguments &arguments) {
  if (arguments.size() > 2 || (arguments.size() == 2 && arguments[1] != "--json")) {
    invalid_request("cli.usage", "--version takes --json and nothing else; got '" + arguments.back() + "'");
  }
  print(arguments.size() == 2 ? to_pretty_text(parse_object(installation_json())) : "execlet " + version() + "\n");
  return 0;
}

int main_verb(const Arguments &arguments) {
  if (is_help(arguments, 0)) {
    print(overview());
    return 0;
  }
  const std::string &word = arguments.front();
  if (word == "--version" || word == "-V") {
    return version_verb(arguments);
  }
  if (word == "session") {
    invalid_request("cli.not-in-this-build", "execlet " + word + " is not in this build");
  }
  if (const auto call = handler_of(word)) {
    return call(Arguments(arguments.begin() + 1, arguments.end()));
  }
  const std::vector<std::string_view> subs = sub_verbs(word);
  if (subs.empty()) {
    unknown_verb("execlet", word, texts(verbs()));
  }
  if (is_help(arguments, 1)) {
    print(overview_of(word));
    return 0;
  }
  if (const auto call = handler_of(word + " " + arguments[1])) {
    return call(Arguments(arguments.begin() + 2, arguments.end()));
  }
  unknown_verb("execlet " + word, arguments[1], texts(subs));
}

// A descriptor 0, 1 or 2 that is closed would be given to the next file opened, which then received the output.
void occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);  // the wrong way round: using it stays an error
    }
  }
}

}  // namespace
}  // namespace execlet::cli

int main(int argc, char **argv) {
  using namespace execlet::cli;
  occupy_standard_descriptors();
  try {
    try {
      return main_verb(argc > 1 ? Arguments(argv + 1, argv + argc) : Arguments());
    } catch (const HelpRequested &help) {
      print(help.text);
      return 0;
    }
  } catch (const std::system_error &error) {
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    complain((no_thread ? "cannot start a thread of its own: " : "") + std::string(error.what()) +
             (no_thread ? "; is the user's limit of processes (ulimit -u) reached?" : ""));
  } catch (const std::exception &error) {  // an execlet::Error, or no memory
    complain(error.what());
  }
  return kCannotRun;
}

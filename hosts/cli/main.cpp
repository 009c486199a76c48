// SPDX-License-Identifier: Apache-2.0
//
// execlet, the command line tool: finds the verb and turns what it throws into one line and an exit code.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <execlet/execlet.hpp>
#include <string>
#include <string_view>

#include "console.h"
#include "verbs.h"

namespace execlet::cli {
namespace {

struct Verb {
  std::string_view name;
  int (*call)(const Arguments &);
  std::string_view summary;
};

int plugins(const Arguments &arguments);
int config(const Arguments &arguments);

constexpr std::array<Verb, 5> kVerbs = {{
    {"run", run, "Run code"},
    {"plugins", plugins, "list, info: the backends that were found, what they can do, their options"},
    {"config", config, "check, show, schema: the configuration"},
    {"languages", languages, "The languages of an executor"},
    {"init", init, "Write a configuration to start from"},
}};
constexpr std::array<Verb, 3> kPluginsVerbs = {{
    {"list", plugins_list, "The backends that were found and what each can do"},
    {"info", plugins_info, "One backend: what it can do and its options with their meaning"},
    {"verify", nullptr, ""},
}};
constexpr std::array<Verb, 3> kConfigVerbs = {{
    {"check", config_check, "Check syntax, keys, and every executor's options"},
    {"show", config_show, "Print the configuration in force as JSON"},
    {"schema", config_schema, "Print the JSON Schema of the configuration file"},
}};
constexpr std::array<std::string_view, 4> kLaterVerbs = {"session", "doctor", "completion", "serve"};

constexpr std::string_view kExamples = R"(Run code in a place chosen by name.

Examples:
  execlet run hello.py
  execlet run -l bash -c 'echo hello'
  execlet run -e safe --timeout 5 --memory 256m job.py -- --fast
  execlet plugins list
  execlet init

)";

template <class Verbs>
std::string help_of(std::string_view head, std::string_view prefix, const Verbs &verbs) {
  std::string out(head);
  out += "Usage: " + std::string(prefix) + " VERB [FLAGS]\n\nVerbs (each has --help):\n";
  for (const Verb &verb : verbs) {
    if (verb.call != nullptr) {
      std::string name(verb.name);
      name.resize(12, ' ');
      out += "  " + name + std::string(verb.summary) + "\n";
    }
  }
  return out;
}

template <class Verbs>
int dispatch(const Arguments &arguments, std::string_view prefix, std::string_view head, const Verbs &verbs) {
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h") {
    print(help_of(head, prefix, verbs));
    return 0;
  }
  const std::string &word = arguments.front();
  std::vector<std::string> known;
  for (const Verb &verb : verbs) {
    if (verb.name == word && verb.call != nullptr) {
      return verb.call(Arguments(arguments.begin() + 1, arguments.end()));
    }
    if (verb.name == word) {
      invalid_request("cli.not-in-this-build", std::string(prefix) + " " + word + " is not in this build");
    }
    known.emplace_back(verb.name);
  }
  if (word.front() == '-') {
    invalid_request("cli.usage", "the verb comes first: " + std::string(prefix) + " VERB " + word + " (see " +
                                     std::string(prefix) + " --help)");
  }
  const std::string near = nearest(word, known);
  if (prefix == "execlet" && access(word.c_str(), F_OK) == 0) {
    invalid_request("cli.usage", "unknown verb '" + word + "'; to run that file: execlet run " + word);
  }
  invalid_request("cli.usage", "unknown verb '" + word + "'" + (near.empty() ? "" : "; did you mean " + near + "?") +
                                   " (see " + std::string(prefix) + " --help)");
}

int plugins(const Arguments &arguments) {
  return dispatch(arguments, "execlet plugins", "", kPluginsVerbs);
}

int config(const Arguments &arguments) {
  return dispatch(arguments, "execlet config", "", kConfigVerbs);
}

int main_verb(const Arguments &arguments) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "--version" || word == "-V") {
    print("execlet " + version() + "\n");
    return 0;
  }
  for (const std::string_view later : kLaterVerbs) {
    if (word == later) {
      invalid_request("cli.not-in-this-build", "execlet " + word + " is not in this build");
    }
  }
  return dispatch(arguments, "execlet", kExamples, kVerbs);
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
  } catch (const std::exception &error) {  // an execlet::Error, or no memory
    complain(error.what());
  }
  return kCannotRun;
}

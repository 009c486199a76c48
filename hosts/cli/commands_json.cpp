// SPDX-License-Identifier: Apache-2.0
//
// `execlet __commands`: the command table as JSON, so that checks of manual pages and completions go by it.
#include "console.h"
#include "json_text.h"
#include "verbs.h"

namespace execlet::cli {
namespace json = boost::json;

int print_commands(const Arguments &) {
  json::array out;
  for (const Command &command : commands()) {
    json::array flags;
    for (const Flag &flag : flags_of(command)) {
      if (!flag.hidden) {
        flags.push_back(json::object{{"names", json::string(flag.names)},
                                     {"value", json::string(flag.word)},
                                     {"help", json::string(flag.help)},
                                     {"repeatable", flag.repeatable}});
      }
    }
    out.push_back(json::object{{"name", json::string(command.name)},
                               {"summary", json::string(command.summary)},
                               {"argument", json::string(command.positional.word)},
                               {"flags", std::move(flags)}});
  }
  print(to_pretty_text(out));
  return 0;
}

}  // namespace execlet::cli

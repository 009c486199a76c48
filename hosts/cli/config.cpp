// SPDX-License-Identifier: Apache-2.0
//
// `execlet config check|show|schema` and `execlet languages`: what is configured, and what that can run.
#include <execlet/execlet.hpp>

#include "console.h"
#include "executor_choice.h"
#include "json_text.h"
#include "table.h"
#include "verbs.h"

namespace execlet::cli {
namespace json = boost::json;

int config_check(const Arguments &arguments) {
  const ConfigOptions options = parse_config("check", arguments);
  const Runtime runtime = open_runtime(options.common);
  runtime.check_config();
  if (runtime.config_path().empty()) {
    print("no configuration file: executor 'local' of backend 'local' is used (execlet init writes one)\n");
    return 0;
  }
  std::string names;
  for (const auto &member : object_at(parse_object(runtime.config_json()), "executors")) {
    names += (names.empty() ? "" : ", ") + std::string(member.key().data(), member.key().size());
  }
  print(runtime.config_path() + ": ok; executors: " + (names.empty() ? "none" : names) + "\n");
  return 0;
}

int config_show(const Arguments &arguments) {
  const ConfigOptions options = parse_config("show", arguments);
  print(to_pretty_text(parse_object(open_runtime(options.common).config_json())));
  return 0;
}

int config_schema(const Arguments &arguments) {
  parse_config("schema", arguments);
  print(to_pretty_text(parse_object(config_schema_json())));
  return 0;
}

namespace {

// A backend whose languages are fixed declares them and checks nothing.
std::string available_word(const json::object &language) {
  if (language.if_contains("available") == nullptr) return "declared";
  return flag_at(language, "available") ? "yes" : "no";
}

}  // namespace

int languages(const Arguments &arguments) {
  const LanguagesOptions options = parse_languages(arguments);
  const Runtime runtime = open_runtime(options.common);
  const Executor executor = choose_executor(runtime, options.executor);
  const json::object facts = parse_object(executor.inspect_json());
  if (options.json) {
    print(to_pretty_text(facts));
    return 0;
  }
  Table table({"LANGUAGE", "AVAILABLE", "VERSION", "PROGRAM", "EXTENSIONS", "ALIASES", "REMARK"});
  for (const json::value &item : list_at(facts, "languages")) {
    if (item.is_object()) {
      const json::object &language = item.get_object();
      table.add({text_at(language, "name"), available_word(language), text_at(language, "version"),
                 text_at(language, "executable"), joined(list_at(language, "extensions"), " "),
                 joined(list_at(language, "aliases"), " "), text_at(language, "reason")});
    }
  }
  print(table.text());
  return 0;
}

}  // namespace execlet::cli

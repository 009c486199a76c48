// SPDX-License-Identifier: Apache-2.0
//
// `execlet plugins list|info`: which backends there are, what each can do, what its options mean.
#include <algorithm>
#include <execlet/execlet.hpp>

#include "console.h"
#include "executor_choice.h"
#include "json_text.h"
#include "limit_names.h"
#include "marks.h"
#include "table.h"
#include "verbs.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

std::string yes_no(bool value) {
  return value ? "yes" : "no";
}

std::string scope_of(const json::object &limits, std::string_view name) {
  const std::string scope = text_at(object_at(limits, name), "scope");
  return scope.empty() ? "none" : scope;
}

bool usable(const json::object &candidate) {
  return text_at(candidate, "state") == "usable";
}

template <class Visit>
void for_each_candidate(const json::object &report, Visit visit) {
  for (const json::value &directory : list_at(report, "directories")) {
    if (!directory.is_object()) {
      continue;
    }
    for (const json::value &candidate : list_at(directory.get_object(), "candidates")) {
      if (candidate.is_object()) {
        visit(candidate.get_object());
      }
    }
  }
}

// Two tables: what it can do, and how each limit is enforced (per run, per instance, not at all).
std::string matrix(const json::object &report) {
  Table abilities({"NAME", "VERSION", "ISOLATION", "STATE", "RESET", "SETUP", "SPEED", "STREAM", "STDIN", "FILES",
                   "RICH", "NETWORK", "LANGUAGES"});
  std::vector<std::string> head = {"LIMITS"};
  for (const std::string_view limit : kLimitNames) {
    head.emplace_back(limit);
  }
  Table limits(head);
  for_each_candidate(report, [&](const json::object &candidate) {
    if (!usable(candidate)) {
      return;
    }
    const json::object manifest = object_at(candidate, "manifest");
    const json::object can = object_at(manifest, "capabilities");
    const std::string name = text_at(manifest, "name");
    abilities.add({name, text_at(manifest, "version"), text_at(can, "isolation"), text_at(can, "state"),
                   text_at(can, "reset"), text_at(can, "setup"), text_at(can, "speed"),
                   yes_no(flag_at(can, "streaming")), yes_no(flag_at(can, "stdin")), yes_no(flag_at(can, "files")),
                   yes_no(flag_at(can, "rich_output")), joined(list_at(can, "network"), ","),
                   joined(list_at(can, "languages"), ",")});
    std::vector<std::string> row = {name};
    for (const std::string_view limit : kLimitNames) {
      row.push_back(scope_of(object_at(can, "limits"), limit));
    }
    limits.add(std::move(row));
  });
  return abilities.empty() ? std::string() : abilities.text() + "\n" + limits.text();
}

std::string explain_candidate(const json::object &file) {
  const std::string state = text_at(file, "state");
  const json::object manifest = object_at(file, "manifest");
  std::string out = marked(state == "usable"     ? Mark::kGood
                           : state == "shadowed" ? Mark::kWarning
                                                 : Mark::kBad,
                           text_at(file, "file"), 0);
  if (state == "usable") {
    return out + "taken: " + text_at(manifest, "name") + " " + text_at(manifest, "version");
  }
  return out + state + " (" + text_at(file, "reason") + "): " + text_at(file, "message");
}

// Directories in the order in which they are searched, each with why it is there and what became of its files.
std::string explanation(const json::object &report) {
  std::string out;
  std::size_t number = 0;
  for (const json::value &item : list_at(report, "directories")) {
    if (!item.is_object()) {
      continue;
    }
    const json::object &directory = item.get_object();
    out += std::to_string(++number) + ". " + heading(text_at(directory, "path")) + " (" + text_at(directory, "origin") +
           ")";
    const std::string refusal = text_at(directory, "refusal");
    const json::array candidates = list_at(directory, "candidates");
    out += !refusal.empty()                ? ": not used: " + refusal
           : !flag_at(directory, "exists") ? ": does not exist"
           : candidates.empty()            ? ": no *.so in it"
                                           : "";
    out += '\n';
    for (const json::value &warning : list_at(directory, "warnings")) {
      out += "   " + marked(Mark::kWarning, warning.is_string() ? warning.get_string().c_str() : "", 0) + '\n';
    }
    for (const json::value &candidate : candidates) {
      out += candidate.is_object() ? "   " + explain_candidate(candidate.get_object()) + '\n' : "";
    }
  }
  return out;
}

std::size_t refused_count(const json::object &report) {
  std::size_t count = 0;
  for_each_candidate(report,
                     [&](const json::object &candidate) { count += text_at(candidate, "state") == "refused" ? 1 : 0; });
  return count;
}

std::string type_of(const json::object &schema) {
  for (const std::string_view alternatives : {"anyOf", "oneOf"}) {
    std::string out;
    for (const json::value &alternative : list_at(schema, alternatives)) {
      if (alternative.is_object()) {
        out += (out.empty() ? "" : "|") + type_of(alternative.get_object());
      }
    }
    if (!out.empty()) {
      return out;
    }
  }
  const json::array allowed = list_at(schema, "enum");
  if (!allowed.empty()) {
    return joined(allowed, "|");
  }
  const json::array types = list_at(schema, "type");
  return types.empty() ? text_at(schema, "type") : joined(types, "|");
}

std::string options_table(const json::object &schema) {
  Table options({"OPTION", "TYPE", "DEFAULT", "MEANING"});
  const json::array required = list_at(schema, "required");
  for (const auto &member : object_at(schema, "properties")) {
    if (!member.value().is_object()) {
      continue;
    }
    const json::object &property = member.value().get_object();
    const bool needed = std::any_of(required.begin(), required.end(), [&](const json::value &name) {
      return name.is_string() && name.get_string() == member.key();
    });
    options.add({std::string(member.key().data(), member.key().size()), type_of(property),
                 needed ? "required" : text_at(property, "default"), text_at(property, "description")});
  }
  return options.empty() ? "No options.\n" : options.text();
}

std::string limits_table(const json::object &limits) {
  Table out({"LIMIT", "SCOPE", "HOW"});
  for (const std::string_view name : kLimitNames) {
    out.add({std::string(name), scope_of(limits, name), text_at(object_at(limits, name), "how")});
  }
  return out.text();
}

}  // namespace

int plugins_list(const Arguments &arguments) {
  const PluginsOptions options = parse_plugins_list(arguments);
  const bool tells_all = options.json || options.explain;
  const Runtime runtime = tells_all ? open_with_log(options.common) : open_runtime(options.common);
  const json::object report = parse_object(runtime.plugins_json());
  if (options.json) {
    print(to_pretty_text(report));
    return 0;
  }
  const std::string table = matrix(report);
  print(table);
  if (options.explain) {
    print((table.empty() ? "" : "\n") + explanation(report));
    return 0;
  }
  warn_of_unused_directories(runtime, {"config plugin_dirs", "EXECLET_PLUGIN_PATH"});
  if (table.empty()) {
    say("no plugin was found; looked in:\n" + explanation(report));
  } else if (const std::size_t refused = refused_count(report)) {
    say(std::to_string(refused) + (refused == 1 ? " file was" : " files were") +
        " not taken; execlet plugins list --explain says why");
  }
  return 0;
}

int plugins_info(const Arguments &arguments) {
  const PluginsOptions options = parse_plugins_info(arguments);
  const Runtime runtime = open_runtime(options.common);
  const json::object plugin = parse_object(runtime.plugin_json(options.name));
  if (options.json) {
    print(to_pretty_text(plugin));
    return 0;
  }
  const json::object manifest = object_at(plugin, "manifest");
  const json::object can = object_at(manifest, "capabilities");
  std::string out = text_at(manifest, "name") + " " + text_at(manifest, "version") + "\n";
  const std::string description = text_at(manifest, "description");
  out += description.empty() ? "" : description + "\n";
  out += "\n";
  Table facts({"file", text_at(plugin, "file")});
  for (const std::string_view key : {"isolation", "state", "reset", "setup", "speed"}) {
    facts.add({std::string(key), text_at(can, key)});
  }
  for (const std::string_view key : {"streaming", "stdin", "files", "rich_output"}) {
    facts.add({std::string(key), yes_no(flag_at(can, key))});
  }
  facts.add({"network", joined(list_at(can, "network"))});
  facts.add({"languages", joined(list_at(can, "languages"))});
  facts.add({"license", text_at(manifest, "license")});
  out += facts.text() + "\n" + options_table(object_at(manifest, "options")) + "\n" +
         limits_table(object_at(can, "limits"));
  print(out);
  return 0;
}

}  // namespace execlet::cli

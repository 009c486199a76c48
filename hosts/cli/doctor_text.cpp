// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "doctor.h"
#include "json_text.h"
#include "marks.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

constexpr std::size_t kWidth = 15;

std::string line(Mark mark, std::string_view what, std::string_view text) {
  return "  " + marked(mark, what, kWidth) + std::string(text) + "\n";
}

// What to do about the line above.
std::string advice(const std::string &text) {
  return text.empty() ? "" : std::string(2 + 6 + kWidth, ' ') + "to change that: " + text + "\n";
}

std::string installation_text(const json::object &installation) {
  std::string out = heading("execlet " + text_at(installation, "version")) + "\n";
  out += line(Mark::kGood, "library", text_at(installation, "library"));
  for (const json::value &item : list_at(installation, "helpers")) {
    const json::object &helper = item.as_object();
    const std::string problem = text_at(helper, "problem");
    const std::string name = text_at(helper, "name");
    out +=
        line(problem.empty() ? Mark::kGood : Mark::kBad, name.find("probe") != std::string::npos ? "probe" : "runner",
             problem.empty() ? text_at(helper, "path") : problem);
  }
  return out;
}

std::string configuration_text(const json::object &configuration) {
  const std::string problem = text_at(configuration, "problem");
  const std::string path = text_at(configuration, "path");
  if (!problem.empty()) return line(Mark::kBad, "configuration", problem);
  return line(Mark::kGood, "configuration",
              path.empty() ? "none: executor local of backend local (execlet init writes one)" : path);
}

std::string directories_text(const json::array &directories) {
  std::string out;
  for (const json::value &item : directories) {
    const json::object &directory = item.as_object();
    const std::string state = text_at(directory, "state");
    const std::string path = text_at(directory, "path") + " (" + text_at(directory, "origin") + ")";
    const std::string names = joined(list_at(directory, "plugins"));
    if (state == "missing") {
      out += line(Mark::kNone, "plugins", path + ": does not exist");
    } else if (state == "refused") {
      out += line(Mark::kBad, "plugins", path + ": not used: " + text_at(directory, "message"));
    } else {
      out += line(Mark::kGood, "plugins", path + ": " + (names.empty() ? "none" : names));
    }
    for (const char *key : {"warnings", "not_taken"}) {
      for (const json::value &text : list_at(directory, key)) {
        out += line(Mark::kWarning, "plugins", text.as_string().c_str());
      }
    }
  }
  return out;
}

std::string languages_text(const json::array &languages) {
  std::string found, missing;
  for (const json::value &item : languages) {
    const json::object &language = item.as_object();
    const std::string name = text_at(language, "name");
    if (language.contains("available") && !flag_at(language, "available")) {
      missing.append(missing.empty() ? "" : ", ").append(name);
      continue;
    }
    const std::string version = text_at(language, "version");
    const std::string reason = text_at(language, "reason");
    const std::string executable = text_at(language, "executable");
    std::string text = name;
    if (!version.empty()) text.append(": ").append(version);
    if (!executable.empty()) text.append("  ").append(executable);
    if (!reason.empty()) text.append(": ").append(reason);
    found += line(reason.empty() ? Mark::kGood : Mark::kWarning, found.empty() ? "languages" : "", text);
  }
  if (!missing.empty()) found += line(Mark::kNone, found.empty() ? "languages" : "", "not found here: " + missing);
  return found;
}

std::string limits_text(const json::object &limits) {
  std::string out, last_remedy;
  for (const auto &member : limits) {
    const json::object &limit = member.value().as_object();
    const std::string name(member.key());
    const bool enforced = flag_at(limit, "enforced");
    const std::string what = out.empty() ? "limits" : "";
    if (enforced) {
      const std::string scope = text_at(limit, "scope");
      out += line(Mark::kGood, what, name + ": " + text_at(limit, "how") + (scope == "run" ? "" : ", per " + scope));
      continue;
    }
    out += line(Mark::kWarning, what, name + ": cannot be enforced: " + text_at(limit, "reason"));
    const std::string remedy = text_at(limit, "remedy");
    out += advice(remedy == last_remedy && !remedy.empty() ? "the same" : remedy);
    last_remedy = remedy;
  }
  return out;
}

std::string hello_text(const json::object &hello) {
  const std::string language = text_at(hello, "language");
  char time[32] = "";
  if (const json::value *wall = hello.if_contains("wall_ms"); wall != nullptr && wall->is_double()) {
    std::snprintf(time, sizeof time, " in %.0f ms", wall->get_double());
  }
  const bool good = flag_at(hello, "ok");
  return line(good ? Mark::kGood : Mark::kBad, "hello",
              (language.empty() ? "" : language + ": ") + text_at(hello, "message") + (good ? time : ""));
}

std::string executor_text(const json::object &executor) {
  const std::string backend = text_at(executor, "backend");
  std::string out = "\n" + heading("executor " + text_at(executor, "name")) +
                    (backend.empty() ? "" : " (backend " + backend + ")") + "\n";
  const json::object plugin = object_at(executor, "plugin");
  if (!plugin.empty()) out += line(Mark::kGood, "plugin", text_at(plugin, "version") + "  " + text_at(plugin, "file"));
  const std::string problem = text_at(executor, "problem");
  if (!problem.empty()) out += line(Mark::kBad, "problem", problem);
  const json::object containment = object_at(executor, "containment");
  if (const std::string kind = text_at(containment, "kind"); !kind.empty()) {
    const std::string reason = text_at(containment, "reason");
    out += line(reason.empty() ? Mark::kGood : Mark::kWarning, "containment",
                kind + (reason.empty() ? "" : ", not the strongest: " + reason));
    out += advice(text_at(containment, "remedy"));
  }
  out += languages_text(list_at(executor, "languages"));
  if (problem.empty()) out += limits_text(object_at(executor, "limits"));
  const json::object hello = object_at(executor, "hello");
  return hello.empty() ? out : out + hello_text(hello);
}

}  // namespace

std::string doctor_text(const json::object &report) {
  std::string out = installation_text(object_at(report, "installation"));
  out += configuration_text(object_at(report, "configuration"));
  out += directories_text(list_at(report, "plugin_directories"));
  const json::array executors = list_at(report, "executors");
  for (const json::value &executor : executors) out += executor_text(executor.as_object());
  return out + "\n" + (flag_at(report, "ok") ? "All is well.\n" : "Something is wrong: see above.\n");
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
//
// `execlet doctor`: is the installation whole, what can each executor do on this machine, does each really run a
// program.
#include "doctor.h"

#include <optional>

#include "console.h"
#include "executor_choice.h"
#include "json_text.h"
#include "verbs.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

// {"path", "origin", "state": "used" | "missing" | "refused", "message", "warnings", "plugins", "not_taken": [text]}
json::array examine_directories(const Runtime &runtime) {
  json::array out;
  const json::object report = parse_object(runtime.plugins_json());
  for (const json::value &item : list_at(report, "directories")) {
    const json::object &directory = item.as_object();
    json::array plugins, not_taken;
    for (const json::value &entry : list_at(directory, "candidates")) {
      const json::object &candidate = entry.as_object();
      const std::string state = text_at(candidate, "state");
      if (state == "usable") {
        plugins.emplace_back(text_at(object_at(candidate, "manifest"), "name"));
      } else {
        not_taken.emplace_back(text_at(candidate, "file") + ": " + state + ": " + text_at(candidate, "message"));
      }
    }
    const std::string refusal = text_at(directory, "refusal");
    out.push_back(json::object{{"path", text_at(directory, "path")},
                               {"origin", text_at(directory, "origin")},
                               {"state", !refusal.empty()               ? "refused"
                                         : flag_at(directory, "exists") ? "used"
                                                                        : "missing"},
                               {"message", refusal},
                               {"warnings", list_at(directory, "warnings")},
                               {"plugins", std::move(plugins)},
                               {"not_taken", std::move(not_taken)}});
  }
  return out;
}

// Those to look at: the one that was named, all of the configuration, or `local`.
std::vector<std::string> executor_names(const Runtime &runtime, const ExecutorOptions &options) {
  if (!options.executor.empty() || !options.backend.empty()) return {options.executor};
  std::vector<std::string> out;
  const json::object config = parse_object(runtime.config_json());
  for (const auto &member : object_at(config, "executors")) out.emplace_back(member.key());
  if (runtime.config_path().empty()) out.emplace_back();
  return out;
}

json::object examine(const Runtime &runtime, const ExecutorOptions &options, const std::string &name,
                     SignalCancel &signals) {
  ExecutorOptions one = options;
  one.executor = name;
  try {
    return examine_executor(runtime, choose_executor(runtime, one), signals);
  } catch (const Error &error) {
    clear_progress();
    return failed_executor(!options.backend.empty() ? options.backend : name.empty() ? "local" : name, error.what());
  }
}

bool is_well(const json::object &report) {
  if (!text_at(object_at(report, "configuration"), "problem").empty()) return false;
  for (const json::value &helper : list_at(object_at(report, "installation"), "helpers")) {
    if (!text_at(helper.as_object(), "problem").empty()) return false;
  }
  for (const json::value &directory : list_at(report, "plugin_directories")) {
    if (text_at(directory.as_object(), "state") == "refused") return false;
  }
  for (const json::value &executor : list_at(report, "executors")) {
    if (!flag_at(executor.as_object(), "ok")) return false;
  }
  return true;
}

void examine_runtime(const DoctorOptions &options, json::object &report) {
  std::optional<Runtime> runtime;
  try {
    runtime.emplace(open_with_log(options.common));
  } catch (const InvalidRequestError &error) {
    if (error.reason().compare(0, 4, "cli.") == 0) throw;
    report["configuration"] = json::object{{"path", nullptr}, {"problem", error.what()}};
    return;
  }
  const std::string path = runtime->config_path();
  report["configuration"] =
      json::object{{"path", path.empty() ? json::value(nullptr) : json::value(path)}, {"problem", ""}};
  report["plugin_directories"] = examine_directories(*runtime);
  SignalCancel signals;
  json::array executors;
  for (const std::string &name : executor_names(*runtime, options.executor)) {
    if (signals.first_signal() != 0) break;
    executors.push_back(examine(*runtime, options.executor, name, signals));
  }
  report["executors"] = std::move(executors);
}

}  // namespace

int doctor(const Arguments &arguments) {
  const DoctorOptions options = parse_doctor(arguments);
  json::object report = {{"ok", false},
                         {"installation", examine_installation()},
                         {"configuration", nullptr},
                         {"plugin_directories", json::array()},
                         {"executors", json::array()}};
  examine_runtime(options, report);
  const bool well = is_well(report);
  report["ok"] = well;
  print(options.json ? to_pretty_text(report) : doctor_text(report));
  return well ? 0 : kFoundWrong;
}

}  // namespace execlet::cli

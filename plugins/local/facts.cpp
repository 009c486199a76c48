// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "environment.h"
#include "recording.h"
#include "remedies.h"

namespace execlet::local {
namespace {

namespace json = boost::json;
using plugin::Call;
using plugin::Host;
using plugin::Status;
using runner::CommandWord;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kVersionTime = 3 * kSecond;  // a virtual machine on a busy computer needs one
// The runner ends a program at its time; only a runner that does not is ended by the call's own deadline, later.
constexpr std::uint64_t kCallTime = kVersionTime + 2 * kSecond;
constexpr std::size_t kMostVersion = 200;

// Limits that no small program meets, so that asking for them harms nothing.
execlet_abi_limits generous_limits() {
  execlet_abi_limits limits{};
  limits.struct_size = sizeof limits;
  limits.memory = 1ull << 30;
  limits.cpus = 1000;
  limits.cpu_time = 10 * kSecond;
  limits.pids = 64;
  limits.open_files = 64;
  limits.file_size = 1 << 20;
  limits.output = 1 << 20;
  limits.disk = 16 << 20;
  return limits;
}

// Keeps only the limit `kind`.
execlet_abi_limits only(std::uint32_t kind) {
  const execlet_abi_limits all = generous_limits();
  execlet_abi_limits one{};
  one.struct_size = sizeof one;
  constexpr std::uint64_t execlet_abi_limits::*kMembers[EXECLET_ABI_LIMIT_COUNT] = {nullptr,
                                                                                    &execlet_abi_limits::memory,
                                                                                    &execlet_abi_limits::cpus,
                                                                                    &execlet_abi_limits::cpu_time,
                                                                                    &execlet_abi_limits::pids,
                                                                                    &execlet_abi_limits::open_files,
                                                                                    &execlet_abi_limits::file_size,
                                                                                    &execlet_abi_limits::output,
                                                                                    &execlet_abi_limits::disk};
  if (kind < EXECLET_ABI_LIMIT_COUNT && kMembers[kind] != nullptr) one.*kMembers[kind] = all.*kMembers[kind];
  return one;
}

// The first line that says something, in printable ASCII: programs print what they like.
std::string first_line(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start);
  std::string line(text.substr(0, std::min(text.find('\n'), kMostVersion)));
  for (char &c : line)
    if (c < ' ' || c > '~') c = '?';
  while (!line.empty() && (line.back() == ' ' || line.back() == '?')) line.pop_back();
  return line;
}

std::string_view containment_name(runner::Containment containment) {
  switch (containment) {
    case runner::Containment::kNamespace:
      return "PID namespace";
    case runner::Containment::kCgroup:
      return "control group";
    default:
      return "subreaper";
  }
}

json::array languages_of(const Options &options) {
  const std::string path = search_path(options);
  json::array languages;
  for (const Language &language : options.languages) {
    const std::string found = find_program(language.program, path);
    json::object entry = {{"name", language.name},
                          {"extensions", json::array{language.extension}},
                          {"executable", found.empty() ? language.program : found},
                          {"available", !found.empty()}};
    if (found.empty())
      entry["reason"] = "there is no executable file " + language.program +
                        (language.program.find('/') == std::string::npos ? " in PATH" : "");
    languages.push_back(std::move(entry));
  }
  return languages;
}

class Inspection {
 public:
  Inspection(const Options &options, runner::Client &client, const Host &host, const Call &call)
      : client_(client), host_(host), call_(call), environment_(base_environment(options, client.temp_path())) {}

  // Asks `language` for its version, if it is one that has an answer, and puts what it says into `entry`.
  Status ask_version(const Language &language, json::object &entry) {
    if (language.recipe == nullptr || language.recipe->version.empty() || !entry["available"].get_bool()) return {};
    if (time_is_up()) {
      entry["reason"] = "not asked for its version: no time was left";
      return {};
    }
    const std::string program(entry["executable"].get_string());
    Recording recording(host_, call_, runner::monotonic_now() + kCallTime);
    execlet_abi_result result = empty_result();
    Status status = run({program, std::string(language.recipe->version)}, nullptr, recording, result);
    if (Status stop = reason_to_stop(status); !stop.ok()) return stop;
    if (!status.ok()) {  // it is there and cannot be started: of another machine, without its loader…
      entry["available"] = false;
      entry["reason"] = status.message();
      return {};
    }
    const std::string line = first_line(recording.output().empty() ? recording.error() : recording.output());
    const std::string asked = program + ' ' + std::string(language.recipe->version);
    if (result.outcome == EXECLET_ABI_OUTCOME_EXITED && result.exit_code == 0 && !line.empty())
      entry["version"] = line;
    else if (result.outcome == EXECLET_ABI_OUTCOME_TIMED_OUT)
      entry["reason"] = asked + " did not end within " + std::to_string(kVersionTime / kSecond) + " s";
    else
      entry["reason"] = asked + " ended with code " + std::to_string(result.exit_code) + " and said: " + line;
    return {};
  }

  // Has each limit set once, and tells by which means that was done or why it was not.
  Status try_limits(const std::string &runner, json::object &limits, json::object &unenforced) {
    for (const runner::Client::Ability &ability : client_.abilities())
      if (ability.kind == EXECLET_ABI_LIMIT_WALL_TIME)
        limits[runner::limit_name(ability.kind)] = {{"scope", "run"}, {"how", ability.how}};
    const execlet_abi_limits all = generous_limits();
    Recording recording(host_, call_, runner::monotonic_now() + kCallTime);
    execlet_abi_result result = empty_result();
    Status status = run({runner, "--version"}, &all, recording, result);
    if (!status.ok()) return status;
    for (const auto &[kind, how] : recording.limits()) {
      const auto index = static_cast<std::uint32_t>(kind);
      if (index >= EXECLET_ABI_LIMIT_COUNT) continue;
      if (!how.empty()) {
        limits[runner::limit_name(index)] = {{"scope", "run"}, {"how", how}};
        continue;
      }
      const execlet_abi_limits one = only(index);
      Recording refused(host_, call_, runner::monotonic_now() + kCallTime);
      status = run({runner, "--version"}, &one, refused, result, false);
      if (Status stop = reason_to_stop(status); !stop.ok()) return stop;
      unenforced[runner::limit_name(index)] = status.message();
    }
    return {};
  }

 private:
  static execlet_abi_result empty_result() {
    execlet_abi_result result{};
    result.struct_size = sizeof result;
    return result;
  }

  // The runner is gone, or nobody wants the answer any more; else OK.
  Status reason_to_stop(const Status &status) const {
    if (call_.cancelled() >= EXECLET_ABI_CANCEL_TERMINATE)
      return {EXECLET_ABI_CANCELLED, "inspect.cancelled", "cancelled while programs were asked for their versions"};
    return status.reason() == "backend.lost" ? status : Status();
  }

  bool time_is_up() const {
    return call_.deadline_ns() != 0 && runner::monotonic_now() + kCallTime > call_.deadline_ns();
  }

  Status run(const std::vector<std::string> &words, const execlet_abi_limits *limits, const Recording &recording,
             execlet_abi_result &result, bool best_effort = true) {
    execlet_abi_request request{};
    request.struct_size = sizeof request;
    request.flags = best_effort ? EXECLET_ABI_REQUEST_BEST_EFFORT : 0;
    request.limits = limits;
    request.timeout_ns = kVersionTime;
    runner::Program program;
    for (const std::string &word : words) program.command.push_back({CommandWord::Kind::kText, word});
    std::string path_entry;
    program.environment = program_environment(environment_, words.front(), request, path_entry);
    return client_.run(recording.call(), program, request, result);
  }

  runner::Client &client_;
  const Host &host_;
  const Call &call_;
  const std::vector<std::string> environment_;
};

// For each entry of `unenforced` what would change it; adds the containment to `unenforced` if a stronger one exists.
json::object remedies_for(const Options &options, const runner::Client &client, json::object &unenforced) {
  json::object remedies;
  const bool strongest = client.containment() == runner::Containment::kNamespace;
  const bool chosen = options.containment != runner::Containment::kAuto;
  const std::string namespaces = chosen ? "leave out the option containment, or set it to auto" : namespace_remedy();
  if (!strongest) {
    unenforced["containment"] = chosen ? "chosen by the option containment" : why_no_namespaces();
    remedies["containment"] = namespaces;
  }
  constexpr std::pair<const char *, const char *> kControllers[] = {
      {"memory", "memory"}, {"cpus", "cpu"}, {"pids", "pids"}};
  for (const auto &[limit, controller] : kControllers)
    if (unenforced.contains(limit)) remedies[limit] = control_group_remedy(controller);
  if (unenforced.contains("disk"))
    remedies["disk"] = options.work_dir.empty()
                           ? namespaces
                           : "leave out the option work_dir: a private directory has a size that can "
                             "be limited";
  return remedies;
}

}  // namespace

std::string describe_languages(const Options &options) {
  return json::serialize(json::object{{"languages", languages_of(options)}});
}

Status inspect(const Options &options, runner::Client &client, const std::string &runner, const Host &host,
               const Call &call, std::string &text) {
  Inspection inspection(options, client, host, call);
  json::object limits, unenforced;
  if (Status status = inspection.try_limits(runner, limits, unenforced); !status.ok()) return status;
  json::array languages = languages_of(options);
  for (std::size_t i = 0; i < options.languages.size(); ++i)
    if (Status status = inspection.ask_version(options.languages[i], languages[i].get_object()); !status.ok())
      return status;
  json::object remedies = remedies_for(options, client, unenforced);
  text = json::serialize(json::object{{"languages", std::move(languages)},
                                      {"limits", std::move(limits)},
                                      {"unenforced", std::move(unenforced)},
                                      {"remedies", std::move(remedies)},
                                      {"containment", containment_name(client.containment())}});
  return {};
}

}  // namespace execlet::local

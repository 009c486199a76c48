// SPDX-License-Identifier: Apache-2.0
//
// The backend `local`: runs programs on this machine through execlet-runner.
#include <sys/utsname.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <iterator>

#include "environment.h"
#include "execlet_manifest.h"
#include "instance.h"

namespace execlet::local {
namespace {

namespace json = boost::json;
using plugin::Call;
using plugin::Host;
using plugin::Status;

constexpr const char *kLimitNames[] = {"wall_time",  "memory",    "cpus",   "cpu_time", "pids",
                                       "open_files", "file_size", "output", "disk"};
static_assert(std::size(kLimitNames) == EXECLET_ABI_LIMIT_COUNT);

std::string runner_name() {
  utsname system{};
  uname(&system);
  return std::string("execlet-runner-") + system.machine;
}

class LocalExecutor final : public plugin::Executor {
 public:
  LocalExecutor(const Host &host, std::shared_ptr<const Options> options) : host_(host), options_(std::move(options)) {}

  static Status create(const Host &host, const execlet_abi_executor_config &config,
                       std::unique_ptr<plugin::Executor> &out) {
    auto options = std::make_shared<Options>();
    Status status = read_options(plugin::view(config.options_json), plugin::view(config.base_dir), *options);
    if (status.ok()) out = std::make_unique<LocalExecutor>(host, std::move(options));
    return status;
  }

  Status open(const Call &call, const execlet_abi_instance_options &, std::unique_ptr<plugin::Instance> &out) override {
    std::unique_ptr<runner::Client> client;
    Status status = open_client(call, client);
    if (status.ok()) out = std::make_unique<LocalInstance>(options_, std::move(client));
    return status;
  }

  Status describe(const Call &call, std::string &text) override {
    std::unique_ptr<runner::Client> client;
    Status status = open_client(call, client);
    if (!status.ok()) return status;
    json::array languages;
    for (const Language &language : options_->languages) {
      const std::string path = find_program(language.program);
      json::object entry = {{"name", language.name},
                            {"executable", path.empty() ? language.program : path},
                            {"available", !path.empty()},
                            {"extensions", json::array{language.extension}},
                            {"aliases", aliases_of(language)}};
      if (path.empty()) entry["reason"] = language.program + " is not in PATH, or not executable";
      languages.push_back(std::move(entry));
    }
    json::object limits;
    for (const runner::Client::Ability &ability : client->abilities())
      if (ability.kind < std::size(kLimitNames) && !ability.how.empty())
        limits[kLimitNames[ability.kind]] = {{"scope", "run"}, {"how", ability.how}};
    text = json::serialize(json::object{{"languages", std::move(languages)},
                                        {"limits", std::move(limits)},
                                        {"containment", containment_name(client->containment())}});
    return {};
  }

 private:
  static std::string_view containment_name(runner::Containment containment) {
    switch (containment) {
      case runner::Containment::kNamespace:
        return "PID namespace";
      case runner::Containment::kCgroup:
        return "control group";
      default:
        return "subreaper";
    }
  }

  static json::array aliases_of(const Language &language) {
    json::array aliases;
    if (language.recipe != nullptr)
      for (const std::string &alias : languages::words_of(language.recipe->aliases)) aliases.emplace_back(alias);
    return aliases;
  }

  Status open_client(const Call &call, std::unique_ptr<runner::Client> &out) {
    runner::ClientOptions options;
    const execlet_abi_status found = host_.helper_path(runner_name(), options.runner, call.error());
    if (found != EXECLET_ABI_OK) return {EXECLET_ABI_UNAVAILABLE, "", ""};  // the host has said which paths it tried
    options.work_dir = options_->work_dir;
    if (!options.work_dir.empty()) {
      std::error_code error;
      std::filesystem::create_directories(options.work_dir, error);
      if (error)
        return {EXECLET_ABI_UNAVAILABLE, "work-dir.failed",
                "cannot make the working directory " + options.work_dir + ": " + error.message()};
    }
    options.containment = options_->containment;
    Status status;
    out = runner::Client::open(options, call, status);
    return status;
  }

  Host host_;
  std::shared_ptr<const Options> options_;
};

}  // namespace
}  // namespace execlet::local

EXECLET_PLUGIN(execlet::local::LocalExecutor, "local", "0.1.0", execlet_manifest)

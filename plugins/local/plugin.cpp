// SPDX-License-Identifier: Apache-2.0
//
// The backend `local`: runs programs on this machine through execlet-runner.
#include <sys/utsname.h>

#include <filesystem>

#include "execlet_manifest.h"
#include "facts.h"
#include "instance.h"

namespace execlet::local {
namespace {

using plugin::Call;
using plugin::Host;
using plugin::Status;

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
    runner::ClientOptions options;
    std::unique_ptr<runner::Client> client;
    Status status = open_client(call, options, client);
    if (status.ok()) out = std::make_unique<LocalInstance>(options_, std::move(client));
    return status;
  }

  Status describe(const Call &, std::string &text) override {
    text = describe_languages(*options_);
    return {};
  }

  Status inspect(const Call &call, std::string &text) override {
    runner::ClientOptions options;
    std::unique_ptr<runner::Client> client;
    Status status = open_client(call, options, client);
    return status.ok() ? local::inspect(*options_, *client, options.runner, host_, call, text) : status;
  }

 private:
  Status open_client(const Call &call, runner::ClientOptions &options, std::unique_ptr<runner::Client> &out) {
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

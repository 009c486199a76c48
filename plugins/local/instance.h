// SPDX-License-Identifier: Apache-2.0
//
// A place on this machine: one runner, and the directory that it works in.
#pragma once

#include <execlet/plugin.hpp>
#include <memory>
#include <string>
#include <vector>

#include "client.h"
#include "options.h"

namespace execlet::local {

class LocalInstance final : public plugin::Instance {
 public:
  LocalInstance(std::shared_ptr<const Options> options, std::unique_ptr<runner::Client> client);

  plugin::Status run(const plugin::Call &call, const execlet_abi_request &request, execlet_abi_result &result) override;
  plugin::Status reset(const plugin::Call &call) override;

 private:
  std::shared_ptr<const Options> options_;
  std::unique_ptr<runner::Client> client_;
  std::vector<std::string> environment_;
};

}  // namespace execlet::local

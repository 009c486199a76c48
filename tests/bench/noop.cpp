// SPDX-License-Identifier: Apache-2.0
#include <execlet/plugin.hpp>

#include "execlet_manifest.h"

namespace {

using namespace execlet::plugin;

class NoopInstance final : public Instance {
 public:
  Status run(const Call &call, const execlet_abi_request &, execlet_abi_result &result) override {
    call.emit_started();
    result.outcome = EXECLET_ABI_OUTCOME_EXITED;
    return {};
  }
  Status reset(const Call &) override { return {}; }
};

class NoopExecutor final : public Executor {
 public:
  static Status create(const Host &, const execlet_abi_executor_config &, std::unique_ptr<Executor> &out) {
    out = std::make_unique<NoopExecutor>();
    return {};
  }
  Status open(const Call &, const execlet_abi_instance_options &, std::unique_ptr<Instance> &out) override {
    out = std::make_unique<NoopInstance>();
    return {};
  }
};

}  // namespace

EXECLET_PLUGIN(NoopExecutor, "noop", "0.1.0", execlet_manifest)

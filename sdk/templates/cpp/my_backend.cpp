// SPDX-License-Identifier: Apache-2.0
//
// A backend in C++17. Its "instance" is only an object; a real one would be a process, a container, a connection.
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <execlet/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "execlet_manifest.h"  // made by execlet_add_plugin() from manifest.json

namespace {

using execlet::plugin::Call;
using execlet::plugin::Host;
using execlet::plugin::Status;
using std::chrono::milliseconds;

// Waits, but not a moment longer than the caller wants the run to go on. Returns false if it should stop. The same
// wake_fd goes into the poll of whatever a real backend waits for: a pipe, a socket, a pidfd.
bool pause_for(const Call &call, milliseconds delay) {
  const auto end = std::chrono::steady_clock::now() + delay;
  while (call.cancelled() == EXECLET_ABI_CANCEL_NONE) {
    const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return true;
    pollfd wake = {call.wake_fd(), POLLIN, 0};
    poll(&wake, 1, static_cast<int>(left));
  }
  return false;
}

class MyInstance : public execlet::plugin::Instance {
 public:
  explicit MyInstance(milliseconds delay) : delay_(delay) {}

  Status run(const Call &call, const execlet_abi_request &request, execlet_abi_result &result) override {
    std::string_view rest = execlet::plugin::view(request.code);
    if (rest.empty())
      return {EXECLET_ABI_INVALID_ARGUMENT, "my-cpp-backend.no-code",
              "this backend runs code, not files; pass the text itself"};
    if (!call.emit_started()) return {EXECLET_ABI_CANCELLED, "cancelled", "cancelled before it began"};

    // From here on user code has begun: how it ends is an outcome, and the status of the call is OK.
    result.outcome = EXECLET_ABI_OUTCOME_EXITED;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      const std::string_view part = line.empty() ? rest : line;  // the last line may have no newline
      if (!pause_for(call, delay_) || !call.emit_output(1, part)) {
        result.outcome = EXECLET_ABI_OUTCOME_CANCELLED;
        break;
      }
      rest.remove_prefix(part.size());
    }
    return {};
  }

  // Nothing of a run is kept, so there is nothing to undo.
  Status reset(const Call &) override { return {}; }

 private:
  milliseconds delay_;
};

class MyExecutor : public execlet::plugin::Executor {
 public:
  // The host has checked the options against the manifest's schema, so only the value is left to be found. A backend
  // with more than numbers uses a JSON library here.
  static Status create(const Host &, const execlet_abi_executor_config &config,
                       std::unique_ptr<execlet::plugin::Executor> &out) {
    constexpr std::string_view kKey = "\"delay_ms\":";
    const std::string options(execlet::plugin::view(config.options_json));
    const std::size_t found = options.find(kKey);
    const long delay = found == std::string::npos ? 0 : std::strtol(options.c_str() + found + kKey.size(), nullptr, 10);
    out = std::make_unique<MyExecutor>(milliseconds(delay));
    return {};
  }

  explicit MyExecutor(milliseconds delay) : delay_(delay) {}

  Status open(const Call &, const execlet_abi_instance_options &,
              std::unique_ptr<execlet::plugin::Instance> &out) override {
    out = std::make_unique<MyInstance>(delay_);
    return {};
  }

 private:
  milliseconds delay_;
};

}  // namespace

EXECLET_PLUGIN(MyExecutor, "my-cpp-backend", "0.1.0", execlet_manifest)

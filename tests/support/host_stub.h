// SPDX-License-Identifier: Apache-2.0
//
// The least host that a plugin can run under, for tests of plugins without a runtime: it records what a call emits,
// hands in standard input, and can cancel from another thread.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "execlet/plugin.h"

namespace execlet::test {

inline execlet_abi_str abi_text(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string copied(execlet_abi_str text) {
  return text.data == nullptr ? std::string() : std::string(text.data, static_cast<std::size_t>(text.size));
}

struct RecordedError {
  std::string reason;
  std::string message;
  std::string details;

  execlet_abi_error *abi() { return reinterpret_cast<execlet_abi_error *>(this); }
};

// No helper programs, no log, no extensions.
inline const execlet_abi_host *host_stub() {
  static const execlet_abi_host host = {
      sizeof(execlet_abi_host),
      EXECLET_ABI_MINOR,
      nullptr,
      [](void *, execlet_abi_log_level) -> std::int32_t { return 0; },
      [](void *, execlet_abi_log_level, execlet_abi_str, execlet_abi_str) {},
      [](execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message, execlet_abi_str details) {
        *reinterpret_cast<RecordedError *>(error) = {copied(reason), copied(message), copied(details)};
      },
      [](void *, execlet_abi_str, char *, std::uint64_t, execlet_abi_error *) -> execlet_abi_status {
        return EXECLET_ABI_NOT_FOUND;
      },
      [](void *, const char *) -> const void * { return nullptr; }};
  return &host;
}

// One call context. What was recorded is read after the call.
class CallStub {
 public:
  CallStub() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    call_ = {sizeof call_, wake_, this, 0, &CallStub::on_emit, &CallStub::on_cancelled, &CallStub::on_read_input};
  }
  CallStub(const CallStub &) = delete;
  CallStub &operator=(const CallStub &) = delete;
  ~CallStub() { close(wake_); }

  const execlet_abi_call *abi() const { return &call_; }

  // [any-thread]
  void cancel(execlet_abi_cancel mode) {
    cancel_ = mode;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
  }
  void set_input(std::string input) { input_ = std::move(input); }
  // From the n-th event on `emit` answers CANCELLED.
  void refuse_events_from(std::size_t n) { refused_from_ = n; }

  const std::string &output() const { return output_; }
  const std::string &error_output() const { return error_output_; }
  const std::vector<execlet_abi_event_type> &events() const { return events_; }
  const std::map<execlet_abi_limit, std::string> &limits() const { return limits_; }
  bool overlapped() const { return overlapped_; }
  std::size_t count(execlet_abi_event_type type) const {
    return static_cast<std::size_t>(std::count(events_.begin(), events_.end(), type));
  }

 private:
  static execlet_abi_status on_emit(void *ctx, const execlet_abi_event *event) {
    return static_cast<CallStub *>(ctx)->record(*event);
  }
  static execlet_abi_cancel on_cancelled(void *ctx) {
    auto &self = *static_cast<CallStub *>(ctx);
    std::uint64_t drained = 0;
    [[maybe_unused]] const ssize_t got = read(self.wake_, &drained, sizeof drained);
    return self.cancel_;
  }
  static execlet_abi_status on_read_input(void *ctx, char *buffer, std::uint64_t capacity, std::uint64_t *size) {
    auto &self = *static_cast<CallStub *>(ctx);
    if (self.input_.empty()) return EXECLET_ABI_NOT_FOUND;
    *size = std::min<std::uint64_t>(capacity, self.input_.size());
    std::memcpy(buffer, self.input_.data(), static_cast<std::size_t>(*size));
    self.input_.erase(0, static_cast<std::size_t>(*size));
    return EXECLET_ABI_OK;
  }

  execlet_abi_status record(const execlet_abi_event &event) {
    const std::unique_lock lock(emit_, std::try_to_lock);
    if (!lock.owns_lock()) {
      overlapped_ = true;
      return EXECLET_ABI_CANCELLED;
    }
    if (events_.size() >= refused_from_) return EXECLET_ABI_CANCELLED;
    events_.push_back(event.type);
    if (event.type == EXECLET_ABI_EVENT_OUTPUT) {
      const auto &output = reinterpret_cast<const execlet_abi_output_event &>(event);
      (output.stream == 2 ? error_output_ : output_) += copied(output.data);
    } else if (event.type == EXECLET_ABI_EVENT_LIMIT) {
      const auto &limit = reinterpret_cast<const execlet_abi_limit_event &>(event);
      limits_[limit.limit] = copied(limit.how);
    }
    return EXECLET_ABI_OK;
  }

  int wake_;
  execlet_abi_call call_ = {};
  std::atomic<execlet_abi_cancel> cancel_ = EXECLET_ABI_CANCEL_NONE;
  std::string input_;
  std::size_t refused_from_ = SIZE_MAX;
  std::mutex emit_;
  std::atomic<bool> overlapped_ = false;
  std::vector<execlet_abi_event_type> events_;
  std::string output_;
  std::string error_output_;
  std::map<execlet_abi_limit, std::string> limits_;
};

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <algorithm>

namespace execlet::local {
namespace {

constexpr std::size_t kMostKept = 4096;

}  // namespace

Recording::Recording(const plugin::Host &host, const plugin::Call &outer, std::uint64_t deadline_ns)
    : host_(host), outer_(outer) {
  table_.struct_size = sizeof table_;
  table_.wake_fd = outer.wake_fd();
  table_.ctx = this;
  table_.deadline_ns = outer.deadline_ns() != 0 ? std::min(outer.deadline_ns(), deadline_ns) : deadline_ns;
  table_.emit = &emit;
  table_.cancelled = &cancelled;
  table_.read_input = &read_input;
}

execlet_abi_status Recording::emit(void *ctx, const execlet_abi_event *event) {
  Recording &self = *static_cast<Recording *>(ctx);
  if (event->type == EXECLET_ABI_EVENT_OUTPUT) {
    const auto &output = *reinterpret_cast<const execlet_abi_output_event *>(event);
    std::string &kept = self.streams_[output.stream == 2 ? 1 : 0];
    kept += plugin::view(output.data).substr(0, kMostKept - kept.size());
  } else if (event->type == EXECLET_ABI_EVENT_LIMIT) {
    const auto &limit = *reinterpret_cast<const execlet_abi_limit_event *>(event);
    self.limits_[limit.limit] = plugin::view(limit.how);
  }
  return EXECLET_ABI_OK;
}

execlet_abi_cancel Recording::cancelled(void *ctx) {
  return static_cast<Recording *>(ctx)->outer_.cancelled();
}

execlet_abi_status Recording::read_input(void *, char *, std::uint64_t, std::uint64_t *) {
  return EXECLET_ABI_NOT_FOUND;
}

}  // namespace execlet::local

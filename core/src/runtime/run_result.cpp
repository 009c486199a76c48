// SPDX-License-Identifier: Apache-2.0
#include "run_result.h"

#include <algorithm>

namespace execlet::core {
namespace {

void append_stream(std::string &to, std::uint64_t &truncated, const std::string &from, std::uint64_t from_truncated,
                   std::uint64_t retention) {
  // After a gap nothing is appended: what is kept is the beginning.
  const std::size_t room = truncated == 0 && to.size() < retention ? retention - to.size() : 0;
  const std::size_t kept = std::min<std::size_t>(from.size(), room);
  to.append(from, 0, kept);
  truncated += from.size() - kept + from_truncated;
}

void merge_limit(LimitReport &to, const LimitReport &from) {
  to.requested = std::max(to.requested, from.requested);
  to.enforced = std::max(to.enforced, from.enforced);
  if (!from.how.empty()) to.how = from.how;
  to.hit = to.hit || from.hit;
}

}  // namespace

int cli_exit_code(const RunResult &result) {
  switch (result.status) {
    case EXECLET_OK:
      return 0;
    case EXECLET_FAILED:
      return result.exit_code.value_or(1);
    case EXECLET_SIGNALED:
      return 128 + result.signal;
    case EXECLET_TIMED_OUT:
      return 124;
    case EXECLET_RESOURCE_EXHAUSTED:
      return 137;
    case EXECLET_CANCELLED:
      return 130;
    default:
      return 125;
  }
}

void set_failure(RunResult &result, Failure failure) {
  result.status = failure.status;
  result.failure = std::move(failure);
}

RunResult combine_blocks(std::vector<RunResult> blocks, std::uint64_t retention) {
  RunResult total;
  const RunResult &last = blocks.back();
  total.status = last.status;
  total.exit_code = last.exit_code;
  total.signal = last.signal;
  total.failure = last.failure;
  total.session = last.session;
  for (const RunResult &block : blocks) {
    append_stream(total.output, total.truncated[0], block.output, block.truncated[0], retention);
    append_stream(total.error, total.truncated[1], block.error, block.truncated[1], retention);
    total.wall_ns += block.wall_ns;
    total.cpu_user_ns += block.cpu_user_ns;
    total.cpu_system_ns += block.cpu_system_ns;
    total.peak_memory_bytes = std::max(total.peak_memory_bytes, block.peak_memory_bytes);
    for (std::size_t kind = 0; kind < total.limits.size(); ++kind) merge_limit(total.limits[kind], block.limits[kind]);
    total.displays.insert(total.displays.end(), block.displays.begin(), block.displays.end());
    total.artifacts.insert(total.artifacts.end(), block.artifacts.begin(), block.artifacts.end());
    total.notices.insert(total.notices.end(), block.notices.begin(), block.notices.end());
    total.state_lost = total.state_lost || block.state_lost;
    total.failure.started = total.failure.started || block.failure.started;
  }
  total.blocks = std::move(blocks);
  return total;
}

}  // namespace execlet::core

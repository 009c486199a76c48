// SPDX-License-Identifier: Apache-2.0
//
// How one run ended and what it left: what the host API gives out, as a plain value.
#pragma once

#include <execlet/execlet.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../base/result.h"
#include "execlet/plugin.h"

namespace execlet::core {

struct LimitReport {
  std::uint64_t requested = 0;  // in the unit of execlet_abi_limit; 0 = not asked for
  std::uint64_t enforced = 0;   // 0 = not enforced
  std::string how;
  bool hit = false;

  bool mentioned() const { return requested != 0 || enforced != 0 || hit; }
};

struct Display {
  std::vector<std::pair<std::string, std::string>> parts;  // mime, bytes
  std::string metadata_json = "{}";
};

struct Artifact {
  std::string name;
  std::string mime;
  std::uint64_t size = 0;
  std::shared_ptr<const std::string> data;  // null if it was written to `path`
  std::string path;
};

struct Notice {
  std::string code;
  std::string text;
};

struct RunResult {
  execlet_status status = EXECLET_INTERNAL_ERROR;
  std::optional<int> exit_code;
  int signal = 0;
  std::string output;
  std::string error;
  std::array<std::uint64_t, 2> truncated{};  // bytes of stdout and stderr that are not in `output` and `error`

  std::uint64_t wall_ns = 0;
  std::uint64_t cpu_user_ns = 0;
  std::uint64_t cpu_system_ns = 0;
  std::uint64_t peak_memory_bytes = 0;

  std::array<LimitReport, EXECLET_ABI_LIMIT_COUNT> limits;  // by execlet_abi_limit
  std::vector<Display> displays;
  std::vector<Artifact> artifacts;
  std::vector<Notice> notices;

  // Empty reason and message if the status is ok, or failed by the program's own exit. `started` is always valid.
  Failure failure{EXECLET_OK, "", ""};

  std::string execution_id;
  std::string executor;
  std::string backend;
  std::string session;  // empty = none
  bool state_lost = false;
  std::vector<RunResult> blocks;

  mutable std::string json;  // made on demand by the host API; lives as long as the result
};

// What the command line tool returns for it.
int cli_exit_code(const RunResult &result);

// A result for what went wrong before or beside the code.
void set_failure(RunResult &result, Failure failure);

// The result of a list of blocks: streams one after the other (each at most `retention` bytes), usage summed, status of
// the last block that ran. `blocks` must not be empty.
RunResult combine_blocks(std::vector<RunResult> blocks, std::uint64_t retention);

}  // namespace execlet::core

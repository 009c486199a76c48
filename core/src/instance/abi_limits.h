// SPDX-License-Identifier: Apache-2.0
//
// Limits as the plugin ABI passes them.
#pragma once

#include "../values/limits.h"
#include "execlet/plugin.h"

namespace execlet::core {

inline execlet_abi_limits to_abi(const RequestLimits &limits) {
  const auto value = [&](execlet_abi_limit kind) { return limits[static_cast<std::size_t>(kind)].value_or(0); };
  execlet_abi_limits out{};
  out.struct_size = sizeof out;
  out.memory = value(EXECLET_ABI_LIMIT_MEMORY);
  out.cpus = value(EXECLET_ABI_LIMIT_CPUS);
  out.cpu_time = value(EXECLET_ABI_LIMIT_CPU_TIME);
  out.pids = value(EXECLET_ABI_LIMIT_PIDS);
  out.open_files = value(EXECLET_ABI_LIMIT_OPEN_FILES);
  out.file_size = value(EXECLET_ABI_LIMIT_FILE_SIZE);
  out.output = value(EXECLET_ABI_LIMIT_OUTPUT);
  out.disk = value(EXECLET_ABI_LIMIT_DISK);
  return out;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The services that a plugin's executor gets: execlet_abi_host over a runtime's log and this installation's helpers.
#pragma once

#include "execlet/plugin.h"
#include "log_sink.h"

namespace execlet::core {

// `log` must outlive every use of the table.
execlet_abi_host make_host_table(LogSink &log);

}  // namespace execlet::core

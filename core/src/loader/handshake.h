// SPDX-License-Identifier: Apache-2.0
//
// Asks a loaded library for its table and checks all that can be checked without using it. A plugin can still lie: a
// bad pointer kills whoever follows it, which is why the probe program does this first.
#pragma once

#include <string>
#include <vector>

#include "../base/result.h"
#include "execlet/plugin.h"

namespace execlet::core {

struct TableExpectation {
  std::string file;           // for messages
  std::string manifest_text;  // as embedded
  std::string name;           // of the manifest; empty = not checked
  bool needs_reset = false;   // the manifest promises a reset
};

// Failures: "abi.minor" (the plugin refuses this host), "table.missing", "table.size", "table.function" (names it),
// "manifest.mismatch".
Result<const execlet_abi_plugin *> request_table(execlet_abi_entry entry, const TableExpectation &expected);
// The same with everything that is wrong, not only the first of it. Null if anything is.
const execlet_abi_plugin *inspect_table(execlet_abi_entry entry, const TableExpectation &expected,
                                        std::vector<Failure> &problems);

}  // namespace execlet::core

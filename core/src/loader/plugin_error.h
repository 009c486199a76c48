// SPDX-License-Identifier: Apache-2.0
//
// Where a plugin says why a call failed: the host's side of execlet_abi_error.
#pragma once

#include <string>
#include <string_view>

#include "execlet/plugin.h"

struct execlet_abi_error {
  std::string reason;
  std::string message;
  std::string details_json = "{}";
};

namespace execlet::core {

using PluginError = execlet_abi_error;

// `text` on one line if it is a JSON object, else "{}": what plugins give is passed on inside our own JSON, also where
// a line is one message.
std::string json_object_or_empty(std::string_view text);

// The table's error_set: copies; what is no UTF-8 or no JSON object is made so.
void set_plugin_error(execlet_abi_error *error, execlet_abi_str reason, execlet_abi_str message,
                      execlet_abi_str details_json);

}  // namespace execlet::core

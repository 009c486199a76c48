// SPDX-License-Identifier: Apache-2.0
//
// What the tool can do. Each function takes the arguments after its verb and returns the exit code; it throws
// HelpRequested, or execlet::Error for what went wrong before anything ran.
#pragma once

#include "command_line.h"

namespace execlet::cli {

int run(const Arguments &arguments);
int plugins_list(const Arguments &arguments);
int plugins_info(const Arguments &arguments);
int config_check(const Arguments &arguments);
int config_show(const Arguments &arguments);
int config_schema(const Arguments &arguments);
int languages(const Arguments &arguments);
int init(const Arguments &arguments);

// It could not be run: our own exit code for all that is not the program's doing.
inline constexpr int kCannotRun = 125;

}  // namespace execlet::cli

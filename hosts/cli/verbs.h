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
int plugins_verify(const Arguments &arguments);
int config_check(const Arguments &arguments);
int config_show(const Arguments &arguments);
int config_schema(const Arguments &arguments);
int languages(const Arguments &arguments);
int doctor(const Arguments &arguments);
int init(const Arguments &arguments);
int completion(const Arguments &arguments);

// `execlet __complete WORD…`: what the completion scripts ask, with the words after "execlet", the last being the one
// to complete. The first line says what it is: "words", "unfinished" (no blank after it), "files" or "directories";
// each further line is a candidate, with a tab and a description if it has one. Never fails.
int complete_words(const Arguments &arguments);
// `execlet __commands`: the command table as JSON, for checks.
int print_commands(const Arguments &arguments);

// It could not be run: our own exit code for all that is not the program's doing.
inline constexpr int kCannotRun = 125;
// `doctor` and `plugins verify` did their work and found something wrong.
inline constexpr int kFoundWrong = 1;

}  // namespace execlet::cli

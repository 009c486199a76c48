// SPDX-License-Identifier: Apache-2.0
//
// What can be told about an executor, as JSON (sdk/docs/facts.md): by looking at files, and by trying things out.
#pragma once

#include <execlet/plugin.hpp>
#include <string>

#include "options.h"

namespace execlet::local {

// Which languages there are and whether their programs are.
std::string describe_languages(const Options &options);

// The same, what the programs say about their versions, and how each limit is enforced: asked of the programs and of
// the system by runs of `client`. `runner` is the path of the runner, a program that is surely there.
plugin::Status inspect(const Options &options, runner::Client &client, const std::string &runner,
                       const plugin::Host &host, const plugin::Call &call, std::string &text);

}  // namespace execlet::local

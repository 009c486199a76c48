// SPDX-License-Identifier: Apache-2.0
//
// What `execlet doctor` finds out, as JSON; the report in text is made of that alone.
#pragma once

#include <boost/json/object.hpp>
#include <execlet/execlet.hpp>
#include <string>

#include "signals.h"

namespace execlet::cli {

// {"version", "library", "build_id", "helpers": [{"name", "path", "version", "problem"}]}: each helper is started once,
// with --version, and must be of the library's version.
boost::json::object examine_installation();

// {"name", "backend", "ok", "problem", "plugin": {"file", "version"}, "containment": {"kind", "remedy"}, "languages":
// […], "limits": {name: {"enforced", "scope", "how", "reason", "remedy"}}, "hello": {"language", "ok", "status",
// "message", "wall_ms"}, "warnings": [text]}. Runs one program. A signal cancels it.
boost::json::object examine_executor(const Runtime &runtime, const Executor &executor, SignalCancel &signals);
// The same for one that could not be made.
boost::json::object failed_executor(const std::string &name, const std::string &problem);

// For people.
std::string doctor_text(const boost::json::object &report);

}  // namespace execlet::cli

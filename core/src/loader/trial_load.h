// SPDX-License-Identifier: Apache-2.0
//
// Loads a plugin that this user's processes have never loaded in a child process first (the helper program
// execlet-probe), because code that runs while a library is loaded may crash, hang or print, and nothing in the same
// process can stop it.
//
// A good verdict is kept on disk by the file's SHA-256 and the core's build id; a bad one only in this process, since
// it may come from what surrounds the file (a missing library, a busy machine). Installed directories get no exemption:
// a plugins directory is where third parties drop files. It costs 2 to 5 ms once per file and two small reads
// afterwards.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "../base/result.h"
#include "regular_file.h"

namespace execlet::core {

// Runs `probe` on `file`. Failures: "probe.crash" (names the signal), "probe.hang" (killed at the deadline),
// "probe.output" (it printed), "probe.ended" (it ended the process), "probe.start", or the refusal that the child
// found. Nothing of the child's process group is left.
Result<void> try_load(const std::filesystem::path &probe, const std::filesystem::path &file,
                      std::chrono::milliseconds deadline);

// The same with everything that the child found wrong, not only the first of it; with the installed probe and a
// deadline of 5 s, whatever is known of the file. Also "helper.missing".
std::vector<Failure> trial_problems(const std::filesystem::path &file);

// As try_load with the installed probe and a deadline of 5 s, unless the verdict is known. Also fails with
// "helper.missing".
Result<void> ensure_tried(const RegularFile &file);

}  // namespace execlet::core

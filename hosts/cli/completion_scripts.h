// SPDX-License-Identifier: Apache-2.0
//
// The files of packaging/completions, as the build embeds them.
#pragma once

namespace execlet::cli {

extern const char kBashCompletion[];
extern const char kZshCompletion[];
extern const char kFishCompletion[];

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
//
// What earlier processes of this user found out about plugin files: small texts in $XDG_CACHE_HOME/execlet/probe (else
// ~/.cache/execlet/probe). Losing it costs time only; forging it would need the user's own rights.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace execlet::core {

// `name` must be a plain file name. Empty if there is no such entry, or if others could have written it. [any-thread]
std::optional<std::string> read_load_cache(const std::string &name);

// Atomic: a reader sees the old text, the new one or none. Does nothing where the cache cannot be kept. [any-thread]
void write_load_cache(const std::string &name, std::string_view text);

}  // namespace execlet::core

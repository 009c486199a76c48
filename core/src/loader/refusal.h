// SPDX-License-Identifier: Apache-2.0
//
// A plugin that is not used, and why. All reasons of the loader, by prefix: "file." cannot be read; "elf." is no shared
// library for this machine, or a damaged one; "manifest."; "abi." speaks another version; "trust." others could have
// written it; "probe." its trial load went wrong; "load." the dynamic linker refused it; "table." its function table.
#pragma once

#include <string>
#include <utility>

#include "../base/result.h"

namespace execlet::core {

inline Failure refusal(std::string reason, std::string message) {
  Failure failure;
  failure.status = EXECLET_UNAVAILABLE;
  failure.reason = std::move(reason);
  failure.message = std::move(message);
  return failure;
}

}  // namespace execlet::core

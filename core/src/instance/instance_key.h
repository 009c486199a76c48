// SPDX-License-Identifier: Apache-2.0
//
// What an instance was opened with. A request can run in any instance of the same key.
#pragma once

#include <string>

#include "../values/limits.h"

namespace execlet::core {

struct InstanceKey {
  RequestLimits limits;  // those whose scope is the instance
  std::string network;

  friend bool operator==(const InstanceKey &, const InstanceKey &) = default;
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// A request from JSON. docs/json.md publishes the keys. Only the form is checked here; the rest is prepare_request's.
#pragma once

#include <string_view>

#include "../base/result.h"
#include "request.h"

namespace execlet::core {

Result<Request> request_from_json(std::string_view json);

}  // namespace execlet::core

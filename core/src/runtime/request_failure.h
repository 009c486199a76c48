// SPDX-License-Identifier: Apache-2.0
//
// Failures of a request before anything started: which place in it is wrong.
#pragma once

#include <string>
#include <string_view>

#include "../base/json_text.h"
#include "../base/result.h"

namespace execlet::core {

// invalid_request with {"pointer": …} and the pointer in front of the message.
Failure invalid_request(std::string_view pointer, std::string reason, std::string_view message);
// `failure` said again as one of the request at `pointer`; its status stays.
Failure at_pointer(std::string_view pointer, Failure failure);
Failure rejected(std::string_view pointer, std::string reason, std::string_view message);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Limits of a request against those of its executor and against what the backend can enforce.
#pragma once

#include "../base/result.h"
#include "prepared_request.h"

namespace execlet::core {

// What is said of a limit that is not enforced, with best effort.
Notice not_enforced_notice(execlet_abi_limit limit);

// Fills `limits`, `passed_limits`, `instance_key.limits`, `best_effort` and notices of `out`. A limit is enforced or
// refused; with best effort one that cannot be enforced becomes a notice.
Result<void> check_limits(const ExecutorFacts &executor, PreparedRequest &out);

}  // namespace execlet::core

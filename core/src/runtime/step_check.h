// SPDX-License-Identifier: Apache-2.0
//
// The code of a request: which steps there are, in which languages. A Markdown text also has blocks that are not code;
// they become files where they name one, else they are left out with a notice.
#pragma once

#include "prepared_request.h"

namespace execlet::core {

// Fills `steps`, and the files and notices that come of blocks. Every language is checked before anything starts.
Result<void> check_steps(const Request &request, ExecutorFacts &executor, PreparedRequest &out);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// What programs must not inherit from the runner.
#pragma once

namespace execlet::runner {

// For a runner in a user namespace made for it: no capability of that namespace survives an execve from now on,
// whatever the user. The runner itself keeps what it has.
void keep_capabilities_from_programs();

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// The mounts of a runner that has a mount namespace of its own.
#pragma once

#include "failure.h"

namespace execlet::runner {

// From now on nothing that is mounted here reaches the host, and /proc shows this PID namespace. In a chroot the root
// directory becomes a mount for that. False with `failure` = containment.unavailable if the system refuses.
bool own_mounts(Failure &failure);

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// The mounts of a runner that has a mount namespace of its own.
#pragma once

#include "failure.h"

namespace execlet::runner {

// From now on nothing that is mounted here reaches the host, and /proc shows this PID namespace. In a chroot the root
// directory becomes a mount for that. False with `failure` = containment.unavailable if the system refuses.
bool own_mounts(Failure &failure);

// From now on what is below /sys, control groups among it, and for `root` the kernel's settings in /proc, can only be
// read here; what is open stays as it is. True if that holds for all control groups.
bool protect_system(bool root);

}  // namespace execlet::runner

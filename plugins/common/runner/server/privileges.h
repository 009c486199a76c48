// SPDX-License-Identifier: Apache-2.0
//
// What programs must not inherit from the runner.
#pragma once

namespace execlet::runner {

// For a runner in a user namespace made for it: no capability of that namespace survives an execve from now on,
// whatever the user. The runner itself keeps what it has.
void keep_capabilities_from_programs();

// For a runner that is root: programs that are too get only the capabilities that containers usually have. Without the
// others they can neither undo their limits nor change the machine beyond its files: mount, trace the runner, raise
// resource limits, set the clock, load modules, reboot, reach devices and memory past the kernel, change its network.
// What installs and serves software needs the rest: other users' files, other users, ports below 1024, chroot.
void keep_machine_from_programs();

// For a runner that is root with namespaces of its own: no process that it starts can make a user namespace, in which
// it would have all capabilities again, over control groups too. False if the system cannot forbid that.
bool forbid_user_namespaces();

}  // namespace execlet::runner

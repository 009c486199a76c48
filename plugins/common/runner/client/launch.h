// SPDX-License-Identifier: Apache-2.0
//
// Starts an `execlet-runner` as PID 1 of namespaces of its own, with a socket to it, without ever forking the host: its
// memory is shared until exec, so that the cost does not grow with the host.
#pragma once

#include <sys/types.h>

#include <string>

namespace execlet::runner {

// Which namespaces the runner gets: its own, its own within a user namespace, or none; a weaker way is taken where a
// stronger one is refused.
enum class Namespaces { kOwn, kOfUser, kNone };

struct Launched {
  int socket = -1;
  int process = -1;  // pidfd
  pid_t pid = -1;
  Namespaces namespaces = Namespaces::kNone;
};

// True with `out` set, whose descriptors are the caller's; else false with `error` = an errno; may_try_weaker() says
// whether it only means that such namespaces are refused here.
bool launch(const std::string &runner, Namespaces namespaces, Launched &out, int &error);

// The kernel's answers that mean "not allowed here" and not "broken".
bool may_try_weaker(int error);

// Waits for the end of a launched process, which was seen or asked for, and takes its exit status: true if that is 0,
// false also if it is not known. One that the kernel does not let go within 2 s is left to reap_later. Takes the
// descriptor.
bool reap(int process);
// The same without waiting: at the next launch after its end.
void reap_later(int process);

}  // namespace execlet::runner

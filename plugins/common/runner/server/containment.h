// SPDX-License-Identifier: Apache-2.0
//
// The set of all processes that a run has started, and the means to signal all of it. Which means there are depends on
// where the runner lives:
//  namespace  the runner is PID 1 of a PID namespace made for it: kill(-1) reaches all, and nothing can outrun it
//  cgroup     all are in a control group: cgroup.kill, or freeze, kill, thaw
//  subreaper  orphans come back to the runner; a walk over /proc finds them, with pids.max = 0 where that can be had
#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

#include "cgroup.h"
#include "failure.h"
#include "protocol.h"

namespace execlet::runner {

class ProcessSet {
 public:
  explicit ProcessSet(CgroupTree &groups) : groups_(groups) {}

  // Chooses the means, once. `namespace_made`: the caller vouches that this process's PID namespace is its own.
  bool establish(Containment wish, bool namespace_made, Failure &failure);
  Containment mode() const { return mode_; }
  // What kills the tree, for people: "cgroup.kill".
  std::string_view means() const;
  // The file that each started process must enter; -1 if none.
  int attach_fd() const { return member_ != nullptr ? member_->attach_fd() : -1; }

  // Sends `signal` to every process of the run.
  void signal_all(int signal) const;
  // Sends SIGKILL so that no process can fork its way out, where the means allow that. To be repeated until all
  // children are reaped, from the second time on with `again`: then also those that left their control group are found.
  void kill_all(bool again);
  // Undoes what kill_all() left behind for the next run.
  void reopen();
  std::vector<pid_t> members() const;

 private:
  bool establish_cgroup(std::string &why);
  void kill_group() const;
  void kill_frozen() const;

  CgroupTree &groups_;
  Containment mode_ = Containment::kAuto;
  CgroupNode *member_ = nullptr;
  bool closed_ = false;  // pids.max is 0
};

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// Tells a handle of this process from one that came with a fork: the threads behind the latter stayed in the parent,
// and its locks are in whatever state they were in.
#pragma once

namespace execlet::core {

// Taken when a handle is made.
class ForkMark {
 public:
  ForkMark();
  // True in a child that was forked after this was made.
  bool foreign() const;

 private:
  unsigned generation_;
};

}  // namespace execlet::core

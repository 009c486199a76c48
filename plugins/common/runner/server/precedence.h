// SPDX-License-Identifier: Apache-2.0
//
// A run that fills every core must not make its own end late. A program that forks without end keeps a core inside of
// the kernel for longer than a higher priority alone would help: so a run that lasts has its supervisor, which only
// ever wakes for a moment, go before all of them. One that is over at once has no end to miss, and is not slowed down.
#pragma once

namespace execlet::runner {

class Precedence {
 public:
  // As the process was started.
  Precedence();
  // Goes before programs, as far as the system allows it. What is started meanwhile does not inherit that.
  void take();
  // As at the start again.
  void give_up();

 private:
  bool may_take_ = false;  // programs of a host that is nice, or of another policy, stay so
  bool taken_ = false;
};

}  // namespace execlet::runner

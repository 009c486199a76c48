// SPDX-License-Identifier: Apache-2.0
//
// What the frames that end something say, as plain values.
#pragma once

#include "runner_driver.h"

namespace execlet::test {

// EXITED: how the run ended, into `outcome`.
void take_exited(const runner::Frame &frame, RunOutcome &outcome);
// FAILED.
RunnerFailure failure_of(const runner::Frame &frame);

}  // namespace execlet::test

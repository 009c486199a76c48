// SPDX-License-Identifier: Apache-2.0
#include "runner_frames.h"

namespace execlet::test {

using namespace execlet::runner;

void take_exited(const Frame &frame, RunOutcome &outcome) {
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    switch (field.tag) {
      case Tag::kHow:
        outcome.how = static_cast<Ending>(field.number());
        break;
      case Tag::kExitCode:
        outcome.exit_code = static_cast<int>(field.number());
        break;
      case Tag::kTermSignal:
        outcome.term_signal = static_cast<int>(field.number());
        break;
      case Tag::kLimitsHit:
        outcome.limits_hit = field.number();
        break;
      case Tag::kWallNs:
        outcome.wall_ns = field.number();
        break;
      case Tag::kCpuUserNs:
        outcome.cpu_user_ns = field.number();
        break;
      case Tag::kCpuSystemNs:
        outcome.cpu_system_ns = field.number();
        break;
      case Tag::kPeakMemory:
        outcome.peak_memory = field.number();
        break;
      case Tag::kNotice: {
        const std::size_t nul = field.value.find('\0');
        outcome.notices[std::string(field.value.substr(0, nul))] = field.value.substr(nul + 1);
        break;
      }
      default:
        break;
    }
  }
}

RunnerFailure failure_of(const Frame &frame) {
  RunnerFailure failure;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kCode) failure.code = field.number();
    if (field.tag == Tag::kReason) failure.reason = field.value;
    if (field.tag == Tag::kMessage) failure.message = field.value;
  }
  return failure;
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// One run on a connected runner, from START to EXITED.
#pragma once

#include <cstdint>
#include <execlet/plugin.hpp>
#include <string>

#include "client.h"

namespace execlet::runner {

class Run {
 public:
  Run(Connection &connection, const plugin::Call &call, const execlet_abi_request &request, execlet_abi_result &result)
      : connection_(connection), call_(call), request_(request), result_(result) {}

  plugin::Status execute(const Program &program);

 private:
  bool send_files();
  bool send_start(const Program &program);
  void send_signal(SignalKind kind);
  void take_cancel();
  void take_deadline();
  void take_input();
  void take_started(const Frame &frame);
  void take_output(const Frame &frame);
  void take_skipped(const Frame &frame);
  void take_file(const Frame &frame);
  void take_exited(const Frame &frame);
  void take_notice(std::string_view notice);
  void consumed(std::uint16_t stream, std::uint64_t bytes);
  // True at the end of the run, with `status`.
  bool take(const Frame &frame, plugin::Status &status);
  std::uint64_t next_deadline() const;
  // From now on the program has its time.
  void expect_end();
  // Why there is no end of the run.
  plugin::Status lost(const char *what_the_runner_did);
  // Whether the runner will never say anything again although its stream is open.
  bool runner_is_stuck();

  Connection &connection_;
  const plugin::Call &call_;
  const execlet_abi_request &request_;
  execlet_abi_result &result_;

  std::uint64_t start_end_ = 0;  // how much must have gone out for START to be whole
  bool started_ = false;
  execlet_abi_cancel cancel_sent_ = EXECLET_ABI_CANCEL_NONE;
  std::uint64_t give_up_ns_ = 0;
  std::uint64_t overdue_ns_ = 0;  // when the runner should have told the end of the run; 0 = it has no end
  std::uint64_t switches_seen_ = UINT64_MAX;
  bool input_open_ = false;
  std::uint64_t input_credit_ = kInitialCredit;
  std::uint64_t owed_[kArtifactStream + 1] = {};  // credit not yet given back, per stream
  std::string file_name_;
  std::uint64_t file_size_ = 0, file_offset_ = 0;
};

}  // namespace execlet::runner

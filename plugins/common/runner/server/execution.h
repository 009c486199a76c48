// SPDX-License-Identifier: Apache-2.0
//
// One execution, from START to EXITED: running → draining (all processes are dead, their output is still on its way) →
// sending artifacts → finished. Driven by the conversation's loop; nothing here blocks but the killing of a tree.
#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "file_sender.h"
#include "input_pipe.h"
#include "output_pipe.h"
#include "precedence.h"
#include "reaper.h"
#include "run_limits.h"
#include "staging.h"
#include "start_request.h"

namespace execlet::runner {

// What lives as long as the instance and is lent to each run.
struct Surroundings {
  Transport &transport;
  Workspace &workspace;
  StagedSnippet &snippet;
  ProcessSet &processes;
  Limits &limits;
  const Guard &guard;
  Precedence &precedence;
  int null_fd;        // /dev/null, the input of programs that get none
  int drop_fd;        // /dev/null, where output goes that nobody wants
  PipeEnds *streams;  // two, for stdout and stderr, made ahead or not
};

class Execution {
 public:
  Execution(const Surroundings &around, StartRequest request);

  // Starts the program and queues STARTED; false if nothing was started.
  bool start(std::uint64_t last_change_ns, Failure &failure);

  // Adds what it waits for, at most kMaxPoll entries; ready() is then given the same ones with their results.
  static constexpr std::size_t kMaxPoll = 3;
  std::size_t fill_poll(pollfd *entries);
  void ready(const pollfd *entries, std::size_t count);
  // Some child died.
  void children_changed();
  // Acts on deadlines that have passed, and goes on where nothing needs to be waited for.
  void advance(std::uint64_t now);
  // The next time at which advance() has something to do; UINT64_MAX if none.
  std::uint64_t next_deadline() const;
  bool finished() const { return phase_ == Phase::kFinished; }
  // Some process could not be killed: the instance must end.
  bool has_survivors() const { return survivors_; }

  // Frames of the client for this run. False if it broke the protocol.
  // Input that comes after the program's end earns no credit: the client would take it for the next run's.
  bool input(std::string_view data, bool end) {
    return phase_ != Phase::kRunning || stdin_.take(data, end, around_.transport);
  }
  void credit(std::uint16_t stream, std::uint64_t bytes);
  void signal(SignalKind kind);

 private:
  enum class Phase { kRunning, kDraining, kSending, kFinished };
  enum class Stop { kNone, kTimeout, kCancel, kLimit };

  bool prepare(SpawnPlan &plan, std::vector<LimitInForce> &in_force, Failure &failure);
  bool open_streams(SpawnPlan &plan, Descriptor &input, Failure &failure);
  bool launch(SpawnPlan &plan, Failure &failure);
  void announce(const std::vector<LimitInForce> &in_force);

  // It is to be looked at again when its time has come, not when it can be read.
  bool rests(const OutputPipe &pipe) const;
  void relay(OutputPipe &pipe);
  void stop(Stop reason, bool at_once, std::uint64_t now);
  void check_cpu_time(std::uint64_t now);
  void note_left_running();
  // Kills those that are left; afterwards all are dead, or will not die.
  void end_processes(bool any_left);
  void drain(std::uint64_t now);
  void collect();
  void finish();
  void append_ending(MessageWriter &message) const;
  void append_usage(MessageWriter &message) const;
  bool succeeded() const;

  Surroundings around_;
  StartRequest request_;
  Reaper reaper_;
  InputPipe stdin_;
  OutputPipe stdout_;
  OutputPipe stderr_;
  std::optional<FileSender> artifacts_;
  std::vector<std::string> notices_;

  Phase phase_ = Phase::kRunning;
  Stop stop_ = Stop::kNone;
  std::uint32_t hits_ = 0;  // limits for which the runner killed, or a counter rose
  pid_t pid_ = -1;
  bool survivors_ = false;
  std::uint64_t started_ns_ = 0;
  std::uint64_t ended_ns_ = 0;
  std::uint64_t lasts_at_ = UINT64_MAX;  // from then on it is one that lasts
  std::uint64_t timeout_at_ = UINT64_MAX;
  std::uint64_t kill_at_ = UINT64_MAX;
  std::uint64_t sample_at_ = UINT64_MAX;
  std::uint64_t drain_until_ = UINT64_MAX;
};

}  // namespace execlet::runner

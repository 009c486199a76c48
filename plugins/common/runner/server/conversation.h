// SPDX-License-Identifier: Apache-2.0
//
// The conversation with one client, from SETUP to the end of the stream: a single-threaded loop over the socket, the
// signals and the current run.
#pragma once

#include <optional>
#include <string>

#include "containment.h"
#include "execution.h"
#include "file_sender.h"
#include "own_state.h"
#include "transport.h"
#include "upload.h"
#include "workspace.h"

namespace execlet::runner {

class Conversation {
 public:
  // `signals`: a signalfd with all signals, which must be blocked. `host`: a pidfd whose end is the end of the
  // conversation, or -1.
  Conversation(int socket, int signals, int host);

  // Returns when the conversation is over and nothing that it started is left.
  void run();

 private:
  struct Setup {
    Containment wish = Containment::kAuto;
    bool namespace_made = false;
    bool user_namespace = false;
    std::uint64_t version = 0;
    std::uint64_t host_pid = 0;
    Workspace::Options workspace;
  };

  void wait();
  bool receive();
  bool handle(const Frame &frame);
  bool handle_idle_or_running(const Frame &frame);
  void read_signals();

  void setup(const Frame &frame);
  bool establish(const Setup &setup, Failure &failure);
  pid_t host_pid() const;
  std::string how_killed() const;
  void hello();
  void start(const Frame &frame);
  void put(const Frame &frame);
  void get(const Frame &frame);
  void end_get();
  void reset(const Frame &frame);
  void end_execution();

  void fail(std::uint16_t stream, const Failure &failure);
  void done(std::uint16_t stream);

  Transport transport_;
  int socket_;
  int signals_;
  int host_;
  bool over_ = false;
  bool ready_ = false;  // SETUP succeeded

  std::optional<CgroupTree> groups_;
  std::optional<ProcessSet> processes_;
  const OwnState own_state_;
  Workspace workspace_;
  StagedSnippet snippet_{workspace_};
  std::optional<Limits> limits_;
  Guard guard_;
  Precedence precedence_;
  Descriptor null_, drop_;
  PipeEnds streams_[2];
  Upload upload_;
  std::optional<StartRequest> request_;   // while its frames come in
  std::optional<Failure> put_failure_;    // of a PUT that was not answered; the next START fails with it
  bool clean_ = false;                    // looked at after a run, while nobody waits; until a program or a file comes
  std::optional<Failure> reset_failure_;  // of the last RESET; every START fails with it
  std::optional<Execution> execution_;
  std::optional<FileSender> get_;
  std::uint64_t last_change_ns_ = 0;  // CLOCK_REALTIME of the last change that a run or PUT can have made
  std::uint64_t flush_at_ = UINT64_MAX;
};

}  // namespace execlet::runner

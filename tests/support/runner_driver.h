// SPDX-License-Identifier: Apache-2.0
//
// Drives one `execlet-runner` raw over its socket, in namespaces of the test's own so that nothing a hostile program
// does can reach the machine. Every wait has a deadline; a missed one is a failed requirement of Catch2.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocol.h"
#include "runner_launch.h"

namespace execlet::test {

struct StartSpec {
  std::vector<std::string> arguments;  // "{snippet}" and "{dir}" stand for the staged snippet and its directory
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  std::string snippet_name;
  std::string snippet;
  bool snippet_own_dir = false;
  std::map<std::uint32_t, std::uint64_t> limits;  // EXECLET_ABI_LIMIT_*
  std::uint64_t timeout_ms = 20000;
  std::uint64_t grace_ms = 100;
  bool best_effort = false;
  bool has_input = false;
  std::uint64_t output_wanted = 0;  // of each stream; 0 = all
  std::vector<std::string> collect;
  std::uint64_t collect_max_file = 1 << 20;
};

// "sh -c SCRIPT"
StartSpec shell(const std::string &script);

struct RunnerFailure {
  std::uint64_t code = 0;
  std::string reason, message;
};

struct RunOutcome {
  bool started = false;
  RunnerFailure failure;  // with !started
  runner::Ending how{};
  int exit_code = -1;    // -1: absent
  int term_signal = -1;  // -1: absent
  std::uint64_t limits_hit = 0;
  std::uint64_t wall_ns = 0, cpu_user_ns = 0, cpu_system_ns = 0, peak_memory = 0;
  std::map<std::uint32_t, std::string> how_limited;
  std::map<std::uint32_t, std::uint64_t> enforced;
  std::string out, err;
  std::uint64_t skipped_out = 0, skipped_err = 0;
  std::uint64_t input_credit = 0;  // also what came after the end
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> notices;
  bool lost = false;  // the stream ended first
};

class RunnerDriver {
 public:
  explicit RunnerDriver(const RunnerOptions &options = {});
  ~RunnerDriver();
  RunnerDriver(const RunnerDriver &) = delete;
  RunnerDriver &operator=(const RunnerDriver &) = delete;

  // HELLO, or why SETUP failed.
  bool ready() const { return ready_; }
  const RunnerFailure &setup_failure() const { return setup_failure_; }
  Containment mode() const { return mode_; }
  const std::string &work_path() const { return work_path_; }
  const std::string &private_path() const { return private_path_; }
  const std::map<std::uint32_t, std::string> &abilities() const { return abilities_; }
  // The runner's pid as this process sees it.
  pid_t pid() const { return pid_; }

  RunOutcome run(const StartSpec &spec);
  // The parts of run(): messages go out at once; finish() reads until EXITED or FAILED.
  void start(const StartSpec &spec);
  RunOutcome finish();
  // As finish(), although a FAILED frame came: it was the answer to something else.
  RunOutcome resume();
  // Reads until `done` says so about what came so far, or the run is over.
  void read_until(const std::function<bool(const RunOutcome &)> &done);
  void input(std::string_view data, bool end);
  void signal(runner::SignalKind kind);
  void put(const std::string &path, std::string_view data, std::uint32_t mode = 0);
  // Requests with an answer of their own; reason is empty if they worked. What a run sends meanwhile is kept.
  RunnerFailure reset();
  RunnerFailure get(const std::string &path, std::uint64_t max_bytes = 0,
                    std::uint16_t stream = runner::kFirstRequestStream);
  RunnerFailure put_and_wait(const std::string &path, std::string_view data);
  // A frame of that type without content.
  RunnerFailure ask(runner::FrameType type);
  // Of the present run.
  const RunOutcome &so_far() const { return outcome_; }
  void send(const std::string &bytes);
  // Gives no credit back from now on.
  void withhold_credit() { give_credit_ = false; }
  void resume_credit() { give_credit_ = true; }
  void give_credit(std::uint16_t stream, std::uint64_t bytes);

  // Live processes below the runner.
  std::size_t survivors() const;
  // Control group directories of this runner.
  std::size_t groups() const;
  std::uint64_t resident_bytes() const;
  // Mounts that the process which started the runner sees and that have to do with the runner's private directory.
  std::size_t mounts_outside() const;
  // Closes the stream and waits until the runner is gone; true if it ended within the deadline.
  bool close();
  // The same without closing the stream.
  bool ends_by_itself();
  // SIGKILL, as the kernel's out-of-memory killer would; removes the private directory in the runner's place.
  void kill_runner();

 private:
  RunnerFailure answer_to(const std::string &bytes);
  bool step(RunOutcome &outcome, bool &over);
  void take_file(const runner::Frame &frame, RunOutcome &outcome);

  int socket_ = -1;
  pid_t child_ = -1;  // the runner, or the init of the namespace that holds it
  pid_t pid_ = -1;
  bool ready_ = false;
  bool give_credit_ = true;
  bool lost_ = false;
  RunnerFailure setup_failure_, request_failure_;
  bool request_done_ = false;
  Containment mode_{};
  std::string private_path_, work_path_, file_name_, group_name_;
  std::map<std::uint32_t, std::string> abilities_;
  runner::FrameReader reader_;
  RunOutcome outcome_;
  bool outcome_over_ = false;
};

}  // namespace execlet::test

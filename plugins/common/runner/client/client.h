// SPDX-License-Identifier: Apache-2.0
//
// What a backend does with one runner: set it up, run one program at a time, reset it. Translates between the runner's
// protocol and the plugin ABI: events, cancellation, standard input, outcomes.
#pragma once

#include <cstdint>
#include <execlet/plugin.hpp>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"

namespace execlet::runner {

struct ClientOptions {
  std::string runner;                            // path of execlet-runner-<arch>
  std::string work_dir;                          // an existing directory; empty = private
  Containment containment = Containment::kAuto;  // kAuto: the strongest that is allowed here, else this one or none
};

// One element of a command line; a placeholder is filled in by the runner.
struct CommandWord {
  enum class Kind { kText, kProgram, kSnippet, kSnippetDirectory };  // kProgram: one that argv[0] will start
  Kind kind = Kind::kText;
  std::string text;
};

// A program to start. Views are borrowed for the duration of run().
struct Program {
  std::vector<CommandWord> command;
  std::vector<std::string_view> environment;  // "NAME=VALUE", all of it
  std::string snippet_name;                   // empty: nothing is staged
  std::string_view snippet;
  bool snippet_own_directory = false;
};

class Client {
 public:
  // Starts a runner in the strongest isolation that is allowed here. Null with `status`.
  static std::unique_ptr<Client> open(const ClientOptions &options, const plugin::Call &call, plugin::Status &status);

  // Runs `program` with the files, limits, times and input of `request`; emits all events and fills `result`.
  plugin::Status run(const plugin::Call &call, const Program &program, const execlet_abi_request &request,
                     execlet_abi_result &result);
  // Has everything killed and the private directory emptied. Does not wait for it: the runner begins the next run after
  // that, and refuses it as INVALID_STATE, nothing started, if it could not.
  plugin::Status reset(const plugin::Call &call);

  const std::string &work_path() const { return work_path_; }
  const std::string &temp_path() const { return temp_path_; }
  Containment containment() const { return containment_; }
  // A kind of limit that can be enforced here, and how.
  struct Ability {
    std::uint32_t kind;
    std::string how;
  };
  const std::vector<Ability> &abilities() const { return abilities_; }

 private:
  Client() = default;
  plugin::Status greet(const ClientOptions &options, const plugin::Call &call);
  plugin::Status take_hello(const Frame &frame);

  std::unique_ptr<Connection> connection_;
  std::string work_path_, temp_path_;
  Containment containment_{};
  std::vector<Ability> abilities_;
  std::uint64_t last_end_ = 0;  // of a run, by monotonic_now()
};

// The status that a FAILED frame tells.
plugin::Status failure_of(const Frame &frame);
plugin::Status backend_lost();

}  // namespace execlet::runner

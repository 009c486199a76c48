// SPDX-License-Identifier: Apache-2.0
//
// The contents of a START message, gathered from its frames.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collect.h"
#include "failure.h"
#include "protocol.h"
#include "run_limits.h"

namespace execlet::runner {

struct StartRequest {
  enum class ArgumentKind { kText, kProgram, kSnippetPath, kSnippetDirectory };
  struct Argument {
    ArgumentKind kind;
    std::string text;
  };
  std::vector<Argument> arguments;
  std::vector<std::string> environment;
  std::string snippet_name;
  std::string snippet_data;
  bool snippet_own_directory = false;
  LimitValues limits{};
  std::uint64_t timeout_ns = 0;
  std::uint64_t kill_grace_ns = 0;
  std::uint64_t flags = 0;
  std::uint64_t output_wanted = 0;  // of each stream; 0 = all
  std::uint64_t deadline_ns = 0;    // of the whole request, from the start of the program; 0 = none
  CollectRules collect;

  // Adds one frame's fields. What is wrong is remembered for check().
  void take(const Frame &frame);
  // False with `failure` if the complete message cannot be run.
  bool check(Failure &failure) const;

 private:
  void take_field(const Field &field);

  bool malformed_ = false;
  bool too_large_ = false;
};

}  // namespace execlet::runner

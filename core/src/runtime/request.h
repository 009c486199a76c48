// SPDX-License-Identifier: Apache-2.0
//
// A request as the host gave it: nothing in it has been checked. request_check.h turns it into a PreparedRequest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace execlet::core {

struct Request {
  struct Block {
    std::string language;
    std::string code;
    std::size_t line = 0;  // of its code in a Markdown text, from 1; 0 = it does not come from one
  };

  std::optional<std::string> code;
  std::string language;
  std::vector<Block> blocks;
  bool has_blocks = false;                                 // also true for an empty list of blocks
  std::vector<std::pair<std::string, std::string>> files;  // path, bytes
  std::string entry_point;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string stdin_data;
  bool open_stdin = false;
  std::optional<double> timeout;
  std::optional<double> kill_grace;
  std::optional<double> deadline;
  std::vector<std::pair<std::string, std::string>> limits;  // name, text
  bool best_effort = false;
  std::string network;
  std::string session;
  std::vector<std::string> collect;
  std::string artifacts_dir;
  std::string metadata;  // JSON

  // A setter could not store its value: the request must not run.
  bool out_of_memory = false;
  std::string bad_argument;  // nor if a setter was given something that it cannot read
};

}  // namespace execlet::core

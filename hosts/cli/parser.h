// SPDX-License-Identifier: Apache-2.0
//
// Arguments of one command, read as the command table says. The one user of CLI11.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "command_table.h"

namespace execlet::cli {

using Arguments = std::vector<std::string>;

struct HelpRequested {
  std::string text;
};

class Parsed {
 public:
  // By long name: "--timeout". `list` has every value in order, `text` the only one, or an empty text.
  bool has(std::string_view flag) const { return values_.find(flag) != values_.end(); }
  std::string text(std::string_view flag) const;
  std::vector<std::string> list(std::string_view flag) const;
  const std::vector<std::string> &positionals() const { return positionals_; }
  std::string positional() const { return positionals_.empty() ? std::string() : positionals_.front(); }

 private:
  friend Parsed parse(const Command &command, Arguments arguments);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positionals_;
};

// Throws HelpRequested for --help, or execlet::InvalidRequestError, with the nearest known flag, for what it does not
// understand.
Parsed parse(const Command &command, Arguments arguments);
// What --help prints.
std::string help_of(const Command &command);

// "unknown verb 'rnu'; did you mean 'run'?" style: the nearest of `known` if it is near enough, else empty.
std::string nearest(const std::string &word, const std::vector<std::string> &known);

[[noreturn]] void invalid_request(const std::string &reason, const std::string &message);

}  // namespace execlet::cli

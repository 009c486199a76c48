// SPDX-License-Identifier: Apache-2.0
//
// Looking for processes, as far as this process can see them: those of all namespaces below its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace execlet::test {

// True if `text` occurs in the command line of a process.
bool is_running(const std::string &text);

// True if none with `text` is left within ten seconds.
bool goes_away(const std::string &text);

// The children of this process whose argv[0] has the file name `name`.
std::vector<pid_t> children_named(const std::string &name);

// A command that lives for long and whose arguments only this process and `number` have, so that a survivor is told
// from those of others.
std::string unique_sleep(int number);

// Since `begin`.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin_ = Clock::now();
};

}  // namespace execlet::test

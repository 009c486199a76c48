// SPDX-License-Identifier: Apache-2.0
//
// What /proc/PID/stat tells of a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace execlet::runner {

class ProcessStat {
 public:
  explicit ProcessStat(pid_t pid);

  // False if there is no such process; the rest is then empty or 0.
  explicit operator bool() const { return end_ != std::string::npos; }
  std::string_view name() const;  // whatever bytes it chose
  char state() const { return *this ? text_[end_ + 2] : '\0'; }
  // Fields by their number in proc(5), from 4 on.
  unsigned long long number(int field) const;

 private:
  std::string text_;
  std::size_t end_;  // of the name
};

}  // namespace execlet::runner

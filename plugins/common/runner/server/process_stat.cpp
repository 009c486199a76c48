// SPDX-License-Identifier: Apache-2.0
#include "process_stat.h"

#include "failure.h"
#include "small_file.h"

namespace execlet::runner {

// "pid (name) state ppid …": the name may hold anything, so go by the last parenthesis.
ProcessStat::ProcessStat(pid_t pid)
    : text_(read_small_file("/proc/" + decimal(static_cast<unsigned>(pid)) + "/stat")), end_(text_.rfind(')')) {
  if (end_ != std::string::npos && end_ + 4 >= text_.size()) end_ = std::string::npos;
}

std::string_view ProcessStat::name() const {
  if (!*this) return {};
  const std::size_t begin = text_.find('(') + 1;
  return std::string_view(text_).substr(begin, end_ - begin);
}

unsigned long long ProcessStat::number(int field) const {
  std::size_t at = *this ? end_ + 1 : std::string::npos;
  for (int before = 3; at != std::string::npos && before < field; ++before) at = text_.find(' ', at + 1);
  return at == std::string::npos ? 0 : number_after(std::string_view(text_).substr(at + 1), "");
}

}  // namespace execlet::runner

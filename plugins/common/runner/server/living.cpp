// SPDX-License-Identifier: Apache-2.0
#include "living.h"

#include "failure.h"
#include "process_stat.h"

namespace execlet::runner {
namespace {

constexpr std::size_t kMostNames = 3;

// The name that a process goes by, without what could disturb a line of text; empty if it is dead.
std::string living_name(pid_t pid) {
  const ProcessStat process(pid);
  if (process.state() == 'Z' || process.state() == 'X') return {};
  std::string name;
  for (const char byte : process.name()) name += byte > ' ' && byte <= '~' ? byte : '?';
  return name;
}

}  // namespace

std::string describe_living(const std::vector<pid_t> &pids) {
  std::size_t count = 0;
  std::string names;
  for (const pid_t pid : pids) {
    const std::string name = living_name(pid);
    if (name.empty()) continue;
    if (++count <= kMostNames) names += (names.empty() ? "" : ", ") + name;
  }
  if (count == 0) return {};
  if (count > kMostNames) names += ", …";
  return count == 1 ? "a process (" + names + ") was still running"
                    : decimal(count) + " processes (" + names + ") were still running";
}

}  // namespace execlet::runner

// SPDX-License-Identifier: Apache-2.0
//
// Which files of the working directory are artifacts of a run: regular files that match a glob and whose inode changed
// since the run began. Links are not followed; nothing is opened that could block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace execlet::runner {

struct CollectRules {
  std::vector<std::string> globs;
  std::uint64_t since_ns = 0;  // CLOCK_REALTIME: the oldest ctime that counts
  std::uint64_t until_ns = 0;  // CLOCK_MONOTONIC: when to stop looking; 0 = never
  std::uint64_t max_file_bytes = 0;
  std::uint64_t max_total_bytes = 0;
  std::uint64_t max_files = 0;
};

struct Collection {
  std::vector<std::string> paths;    // sorted
  std::vector<std::string> notices;  // "code\0text"
};

Collection find_artifacts(int work_directory, const CollectRules &rules);

// A time that all inode changes so far are older than, and that no later one will be older than. Waits for the next
// tick of the clock that stamps inodes if there was a change after the last one; `last_change_ns` is a CLOCK_REALTIME.
std::uint64_t mark_inode_time(std::uint64_t last_change_ns);

}  // namespace execlet::runner

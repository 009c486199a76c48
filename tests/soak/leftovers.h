// SPDX-License-Identifier: Apache-2.0
//
// What a process holds of the system: counted before and after, so that what a library leaves behind shows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../support/temp_dir.h"

namespace execlet::soak {

struct Holdings {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t children = 0;         // processes whose parent is this one
  std::size_t programs = 0;         // processes anywhere whose command line holds the mark
  std::size_t cgroups = 0;          // directories in any hierarchy that bear this process's number
  std::size_t mounts = 0;           // in this mount namespace
  std::size_t temporary_files = 0;  // in $TMPDIR, which is this process's own, and $XDG_RUNTIME_DIR
  std::size_t resident_bytes = 0;

  // Names of what differs, resident memory left aside: "descriptors 7 → 9"; empty if nothing does.
  std::string difference(const Holdings &later) const;
};

// `mark` is in the command line of every program that the soak starts.
Holdings holdings(const std::string &mark);

// Makes empty directories for $TMPDIR and $XDG_RUNTIME_DIR, sets both, and removes them at the end.
class OwnDirectories {
 public:
  OwnDirectories();

 private:
  const test::TempDir directory_;
};

}  // namespace execlet::soak

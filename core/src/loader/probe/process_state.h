// SPDX-License-Identifier: Apache-2.0
//
// What of a process belongs to its host and a plugin must leave alone (PLUGIN-3 to PLUGIN-5): taken before a library is
// loaded and compared afterwards.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace execlet::core {

class ProcessState {
 public:
  // As it is now.
  static ProcessState take();

  // What is different in `later`, in words: "the working directory", "the handling of SIGTERM". Empty if nothing is.
  std::vector<std::string> differences(const ProcessState &later) const;

 private:
  std::string directory_;
  std::string locale_;
  std::string status_mask_;  // umask, as /proc has it
  std::vector<std::string> environment_;
  sigset_t blocked_ = {};
  std::array<std::pair<void *, int>, 65> handlers_ = {};  // function and flags, by signal
  std::array<std::pair<dev_t, ino_t>, 3> streams_ = {};   // standard input, output, error
  std::size_t threads_ = 0;
  bool has_child_ = false;
};

}  // namespace execlet::core

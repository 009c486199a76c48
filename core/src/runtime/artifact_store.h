// SPDX-License-Identifier: Apache-2.0
//
// Where files that a run hands back go: memory, up to a cap, or a directory of the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/file_descriptor.h"
#include "../base/result.h"
#include "beneath_directory.h"
#include "execlet/plugin.h"
#include "run_result.h"

namespace execlet::core {

// Used by one thread at a time.
class ArtifactStore {
 public:
  static constexpr std::uint64_t kMemoryCap = 64u << 20;

  // Writes into `directory` (created with its parents) from now on. Nothing that lies in it is followed or written
  // through: a file that exists is replaced, a symlink in the way is the loss of that one artifact.
  Result<void> use_directory(const std::string &directory);

  // How many more bytes can be kept; 0 = any number.
  std::uint64_t room() const { return root_ ? 0 : std::max<std::uint64_t>(kMemoryCap - memory_used_, 1); }

  // One event; an artifact once its last byte is there, a notice if it cannot be kept, or neither yet.
  struct Outcome {
    std::optional<Artifact> artifact;
    std::optional<Notice> notice;
  };
  Outcome receive(const execlet_abi_artifact_event &event);
  // Drops what did not come to its end: one notice each.
  std::vector<Notice> drop_incomplete();

 private:
  struct Pending {
    bool begun = false;
    bool refused = false;  // a notice has said why; further parts are dropped
    std::string mime;
    std::uint64_t size = 0;
    std::shared_ptr<std::string> memory;
    std::optional<FileBeneath> file;
  };

  // These return an empty string or what went wrong.
  std::string begin(const std::string &name, Pending &pending);
  std::string write(Pending &pending, std::uint64_t offset, std::string_view data);
  std::string copy_from(int fd, std::uint64_t size, Pending &pending);
  Outcome finish(const std::string &name, Pending &pending);
  void release(Pending &pending);

  std::string directory_;
  FileDescriptor root_;  // none = memory
  std::uint64_t memory_used_ = 0;
  std::map<std::string, Pending, std::less<>> pending_;
};

}  // namespace execlet::core

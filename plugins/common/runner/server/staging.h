// SPDX-License-Identifier: Apache-2.0
//
// Puts the snippet of a run where it can be executed, under a hidden name, and takes it away afterwards. The name is
// always the same in a private directory (so that tracebacks are) and unique in a shared one. In a private directory,
// where nobody looks between two runs, the file stays until the next run, which writes over it: a file that has to be
// made and removed costs more than the rest of a short run's preparation.
#pragma once

#include <string>
#include <string_view>

#include "workspace.h"

namespace execlet::runner {

class StagedSnippet {
 public:
  explicit StagedSnippet(const Workspace &workspace) : workspace_(workspace) {}
  StagedSnippet(const StagedSnippet &) = delete;
  StagedSnippet &operator=(const StagedSnippet &) = delete;
  ~StagedSnippet() { remove(); }

  // Writes `data` as `name` (a plain file name). With `own_directory` it keeps that name, in a hidden directory.
  bool place(const std::string &name, std::string_view data, bool own_directory, Failure &failure);
  // The program has ended: what could be in anybody's way is removed.
  void end_run();
  void remove();
  // What is left in a private working directory; empty if nothing.
  const std::string &left() const { return entry_; }

  const std::string &path() const { return path_; }
  const std::string &directory_path() const { return directory_path_; }
  // The working directory could not be written to, so that the snippet lies in the temporary one.
  bool moved() const { return moved_; }

 private:
  int place_in(const std::string &directory_path, const std::string &name, std::string_view data, bool own_directory,
               bool unique);
  // The directory that holds entry_; another one after a reset.
  int base() const { return moved_ ? workspace_.temp_fd() : workspace_.work_fd(); }

  const Workspace &workspace_;
  std::string entry_;  // what to remove: the file, or its directory
  bool is_directory_ = false;
  std::string path_, directory_path_;
  bool moved_ = false;
};

}  // namespace execlet::runner

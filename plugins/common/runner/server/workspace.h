// SPDX-License-Identifier: Apache-2.0
//
// The directories of an instance: a private one (a tmpfs where the runner may mount) with `work` and `tmp` in it, or a
// working directory of the user's and a private `tmp`.
#pragma once

#include <string>
#include <string_view>

#include "descriptor.h"
#include "failure.h"

namespace execlet::runner {

class Workspace {
 public:
  Workspace() = default;
  Workspace(const Workspace &) = delete;
  Workspace &operator=(const Workspace &) = delete;
  ~Workspace();

  struct Options {
    std::string private_dir;  // made unless it is there: then it must be ours, and empty
    std::string shared_work;  // empty: the working directory is private too
    bool may_mount = false;   // this process's mount namespace is its own
    std::uint64_t size = 0;   // of the tmpfs; 0 = the system's default
  };
  // Makes the directories and changes into the working directory.
  bool open(const Options &options, Failure &failure);
  // True if what is private is empty, but for the regular file `left` ("" = none) in the working directory, and as it
  // was made: nothing needs to be reset.
  bool is_untouched(const std::string &left) const;
  // Empties what is private and puts missing directories back.
  bool reset(Failure &failure);
  // Sees to it that a working directory is there although the last program may have removed it.
  bool ensure(Failure &failure);

  int work_fd() const { return work_.get(); }
  int temp_fd() const { return temp_.get(); }
  const std::string &work_path() const { return work_path_; }
  const std::string &temp_path() const { return temp_path_; }
  bool shared() const { return shared_; }

  bool can_limit_disk() const { return mounted_ && !shared_; }
  // Resizes the tmpfs; 0 = back to the size it had. False with *why if that cannot be.
  bool limit_disk(std::uint64_t bytes, std::string *why);
  bool disk_full() const;

 private:
  bool make_directories(Failure &failure);
  bool enter(Failure &failure);

  std::string private_path_, work_path_, temp_path_;
  Descriptor private_, work_, temp_;
  bool shared_ = false;
  bool mounted_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t size_in_force_ = 0;
};

}  // namespace execlet::runner

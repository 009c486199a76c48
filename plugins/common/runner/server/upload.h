// SPDX-License-Identifier: Apache-2.0
//
// PUT: one file at a time, frame by frame, into the working directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "descriptor.h"
#include "failure.h"
#include "protocol.h"
#include "workspace.h"

namespace execlet::runner {

class Upload {
 public:
  explicit Upload(const Workspace &workspace) : workspace_(workspace) {}

  // Takes one PUT frame; true if it was the last of its file, which is then closed.
  bool take(const Frame &frame);
  // Why the file that just ended was not written; reading it forgets it.
  std::optional<Failure> take_failure();

 private:
  void open(const std::string &path, std::uint32_t mode);
  void write(std::string_view data);
  void fail(Code code, std::string_view reason, std::string message);
  void finish();

  const Workspace &workspace_;
  Descriptor file_;
  std::string path_;
  std::uint32_t mode_ = 0;
  bool opened_ = false;
  std::optional<Failure> failure_;
};

}  // namespace execlet::runner

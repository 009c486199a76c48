// SPDX-License-Identifier: Apache-2.0
//
// Carries a file, or our own standard input, to the program's standard input while it runs.
#pragma once

#include <execlet/execlet.hpp>
#include <thread>

namespace execlet::cli {

class InputPump {
 public:
  // Starts at once. Takes `fd`. `execution` must outlive this.
  InputPump(int fd, const Execution &execution);
  // Ends it, whether or not the input has ended. Only after the execution has ended.
  ~InputPump();
  InputPump(const InputPump &) = delete;
  InputPump &operator=(const InputPump &) = delete;

 private:
  void carry();

  int fd_;
  int done_fd_;
  const Execution &execution_;
  std::thread thread_;
};

}  // namespace execlet::cli

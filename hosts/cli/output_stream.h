// SPDX-License-Identifier: Apache-2.0
//
// Our own stdout or stderr while a program runs: bytes go out at once, unbuffered, and a reader that has stopped
// reading does not hold up the end of the run. What he did not take by then is kept: a little, because the program
// does not write on. Where the file allows it, it is opened anew so that O_NONBLOCK is
// ours alone: the flag belongs to the open file, which the shell and other programs share.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace execlet::cli {

class OutputStream {
 public:
  enum class State { kOpen, kBrokenPipe, kFailed, kAbandoned };

  // `fd` stays the caller's. `stop_fd` is readable from the moment on at which the run is to end.
  OutputStream(int fd, const char *name, int stop_fd);
  ~OutputStream();
  OutputStream(const OutputStream &) = delete;
  OutputStream &operator=(const OutputStream &) = delete;

  // Writes all of it, waiting for the reader until the limit, and keeps the rest. False if the stream can take no more,
  // now and from now on: state() says why.
  bool write(std::string_view bytes);
  // Waits for the reader to take everything, however long that takes. As write.
  bool finish();

  // How long a reader that is behind is waited for.
  void wait_until(std::chrono::steady_clock::time_point limit) { limit_ = limit; }
  // Bytes that wait for the reader.
  std::size_t kept() const { return kept_.size(); }

  State state() const { return state_; }
  const std::string &problem() const { return problem_; }  // "cannot write to stdout: No space left on device"

 private:
  enum class Wait { kWritable, kLimit, kStop };

  std::size_t write_some(std::string_view bytes);
  Wait wait_until_writable();

  int fd_;
  bool owned_ = false;
  bool socket_ = false;
  const char *name_;
  int stop_fd_;
  std::chrono::steady_clock::time_point limit_ = std::chrono::steady_clock::time_point::max();
  State state_ = State::kOpen;
  std::string kept_;
  std::string problem_;
};

}  // namespace execlet::cli

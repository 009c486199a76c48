// SPDX-License-Identifier: Apache-2.0
//
// One launched runner: its process and the framed stream to it. Dropping it ends the runner and everything that it
// started, and waits for that; only a runner without a namespace that finds its programs hard to kill is left to it.
// What a runner leaves that was killed, or stopped, is cleared away from here.
#pragma once

#include <cstdint>
#include <execlet/plugin.hpp>
#include <memory>
#include <string>
#include <vector>

#include "launch.h"
#include "protocol.h"
#include "remains.h"

namespace execlet::runner {

std::uint64_t monotonic_now();

class Connection {
 public:
  enum class Wait { kFrame, kWake, kTimeout, kLost };

  // Launches; null with a status that names what was tried, "containment.unavailable" if only this isolation is
  // refused. The directory is made below the system's temporary one.
  static std::unique_ptr<Connection> open(const std::string &runner, Namespaces namespaces, plugin::Status &status);
  ~Connection();
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  // Bytes queued here go out with the next flush() or wait().
  std::string &out() { return out_; }
  // Bytes that were ever queued, and those of them that the socket took: the runner may have read these.
  std::uint64_t queued() const { return gone_out_ + (out_.size() - sent_); }
  std::uint64_t gone_out() const { return gone_out_; }
  // After kLost: the runner ended without having read all of them.
  bool left_unread() const { return left_unread_; }
  // Sends what the socket takes now. False if the runner is gone.
  bool flush();
  // Sends and receives until a whole frame is there, `wake_fd` (or -1) is readable, or `deadline_ns` (0 = never)
  // passed.
  Wait wait(int wake_fd, std::uint64_t deadline_ns, Frame &frame);
  // As seen from outside, whatever it says.
  Pulse pulse() const { return pulse_of(launched_.pid); }
  // A control group that the runner may make: to be removed if the runner cannot.
  void add_group(const std::string &directory);
  const std::string &private_dir() const { return private_dir_; }
  Namespaces namespaces() const { return launched_.namespaces; }

 private:
  Connection() = default;
  enum class Parting { kEnded, kStuck, kBusy };
  Parting part() const;
  void end_runner();
  bool receive();

  Launched launched_;
  std::string private_dir_;
  std::vector<std::string> groups_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::uint64_t gone_out_ = 0;
  FrameReader reader_;
  bool lost_ = false;
  bool left_unread_ = false;
};

}  // namespace execlet::runner

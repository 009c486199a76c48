// SPDX-License-Identifier: Apache-2.0
//
// A run that the backend makes for itself: its events are kept here instead of going to the host. The call that it is
// made in can still cancel it.
#pragma once

#include <cstdint>
#include <execlet/plugin.hpp>
#include <map>
#include <string>

namespace execlet::local {

class Recording {
 public:
  // `outer` is the host's call; the recorded one ends with it or at `deadline_ns`, whatever comes first.
  Recording(const plugin::Host &host, const plugin::Call &outer, std::uint64_t deadline_ns);
  Recording(const Recording &) = delete;
  Recording &operator=(const Recording &) = delete;

  plugin::Call call() const { return {&table_, host_.table(), outer_.error()}; }

  // What came, at most a few kilobytes a stream.
  const std::string &output() const { return streams_[0]; }
  const std::string &error() const { return streams_[1]; }
  // How each limit is enforced; empty: not at all.
  const std::map<execlet_abi_limit, std::string> &limits() const { return limits_; }

 private:
  static execlet_abi_status emit(void *ctx, const execlet_abi_event *event);
  static execlet_abi_cancel cancelled(void *ctx);
  static execlet_abi_status read_input(void *ctx, char *buffer, std::uint64_t capacity, std::uint64_t *size);

  plugin::Host host_;
  const plugin::Call &outer_;
  execlet_abi_call table_{};
  std::string streams_[2];
  std::map<execlet_abi_limit, std::string> limits_;
};

}  // namespace execlet::local

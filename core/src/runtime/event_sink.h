// SPDX-License-Identifier: Apache-2.0
//
// Takes the events of one execution: keeps what belongs into the result and hands them on to the host's callback.
#pragma once

#include <execlet/execlet.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "../instance/call_context.h"
#include "../instance/clock.h"
#include "../instance/counters.h"
#include "artifact_store.h"
#include "execlet/plugin.h"
#include "output_buffer.h"
#include "run_result.h"

namespace execlet::core {

struct EventCallback {
  execlet_event_fn function = nullptr;
  void *ctx = nullptr;
  execlet_execution *execution = nullptr;  // what the callback is told
};

// receive comes from the plugin, never two at once; abandon and started from any thread.
class EventSink final : public EventReceiver {
 public:
  // `on_started` is called once per step, when user code begins, and returns how long that may take at most.
  // `dropped` counts events that nobody takes any more.
  EventSink(EventCallback callback, std::uint64_t retention, Counter &dropped,
            std::function<Nanoseconds(TimePoint)> on_started);

  ArtifactStore &artifacts() { return artifacts_; }

  // How many bytes of each stream matter, the rest being counted; 0 = all.
  std::uint64_t output_wanted() const { return callback_.function ? 0 : output_.retention(); }
  void begin_step(std::size_t block);
  void receive(const execlet_abi_event &event) override;
  // A remark of the core's own.
  void note(Notice notice);
  // True if user code of the current step has begun.
  bool started() const { return started_.load(std::memory_order_acquire); }
  TimePoint started_at() const { return started_at_; }
  // The name and message of the exception that ended the code, "" if none was told.
  std::string user_error();
  // What the current step left: streams, displays, artifacts, notices, limits in force. To be called once a step.
  std::unique_ptr<RunResult> take();

  // From now on events are dropped: the plugin no longer counts. False while an event is being taken, whose callback
  // may be running: ask again.
  bool try_abandon();

 private:
  void on_started(const execlet_abi_event &event);
  void on_output(const execlet_abi_output_event &event);
  void on_display(const execlet_abi_display_event &event);
  void on_user_error(const execlet_abi_user_error_event &event);
  void on_progress(const execlet_abi_progress_event &event);
  void on_limit(const execlet_abi_limit_event &event);
  void on_artifact(const execlet_abi_artifact_event &event);
  void on_text(const execlet_abi_notice_event &event, std::int32_t type);
  void add_notice(Notice notice);
  void note_what_was_dropped();
  void tell(std::int32_t type, std::string_view data = {}, const char *name = nullptr, std::uint64_t current = 0,
            std::uint64_t total = 0);

  // What a step may leave in memory beside its streams and artifacts; more is told to the callback and dropped.
  static constexpr std::size_t kMostNotices = 1000;
  static constexpr std::size_t kMostDisplays = 10'000;
  static constexpr std::uint64_t kDisplayBytes = 64u << 20;

  const EventCallback callback_;
  const std::function<Nanoseconds(TimePoint)> on_started_;
  Counter &dropped_;
  std::mutex mutex_;  // held while the callback runs
  std::atomic<bool> abandoned_{false};
  std::size_t block_ = 0;
  std::atomic<bool> started_{false};
  TimePoint started_at_{};
  std::string user_error_;
  OutputBuffer output_;
  OutputBuffer error_;
  ArtifactStore artifacts_;
  std::unique_ptr<RunResult> step_;  // null before the first step and once it was taken
  std::uint64_t display_bytes_ = 0;
  std::uint64_t dropped_displays_ = 0;
  std::uint64_t dropped_notices_ = 0;
};

}  // namespace execlet::core

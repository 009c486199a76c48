// SPDX-License-Identifier: Apache-2.0
#include "event_sink.h"

#include <string>
#include <utility>

#include "../loader/abi_text.h"
#include "../loader/plugin_error.h"
#include "../values/text.h"
#include "limit_check.h"
#include "result_json.h"

namespace execlet::core {

EventSink::EventSink(EventCallback callback, std::uint64_t retention, Counter &dropped,
                     std::function<Nanoseconds(TimePoint)> on_started)
    : callback_(callback),
      on_started_(std::move(on_started)),
      dropped_(dropped),
      output_(retention),
      error_(retention) {}

void EventSink::begin_step(std::size_t block) {
  const std::lock_guard lock(mutex_);
  step_ = std::make_unique<RunResult>();
  block_ = block;
  started_ = false;
  user_error_.clear();
}

std::unique_ptr<RunResult> EventSink::take() {
  const std::lock_guard lock(mutex_);
  if (!step_) step_ = std::make_unique<RunResult>();  // given up before its first step
  for (Notice &notice : artifacts_.drop_incomplete()) add_notice(std::move(notice));
  note_what_was_dropped();
  step_->truncated = {output_.truncated(), error_.truncated()};
  step_->output = output_.take();
  step_->error = error_.take();
  step_->failure.started = started();
  return std::move(step_);
}

void EventSink::note(Notice notice) {
  const std::lock_guard lock(mutex_);
  add_notice(std::move(notice));
}

void EventSink::note_what_was_dropped() {
  if (const std::uint64_t count = std::exchange(dropped_displays_, 0); count != 0)
    step_->notices.push_back({"displays.dropped", std::to_string(count) + " displays are not in the result: it holds " +
                                                      std::to_string(kMostDisplays) + " and 64 MiB of them at most"});
  if (const std::uint64_t count = std::exchange(dropped_notices_, 0); count != 0)
    step_->notices.push_back({"notices.dropped", std::to_string(count) + " more notices are not in the result"});
  display_bytes_ = 0;
}

std::string EventSink::user_error() {
  const std::lock_guard lock(mutex_);
  return user_error_;
}

bool EventSink::try_abandon() {
  abandoned_ = true;
  return std::unique_lock(mutex_, std::try_to_lock).owns_lock();
}

void EventSink::receive(const execlet_abi_event &event) {
  if (abandoned_) return count(dropped_);  // not even the lock: who gives up shall find it free
  const std::lock_guard lock(mutex_);
  if (abandoned_ || !step_) return count(dropped_);
  // The head of every event carries the size of the whole: a shorter one than its type needs is not read.
  const auto as = [&]<class Event>(Event *) {
    return event.struct_size >= sizeof(Event) ? reinterpret_cast<const Event *>(&event) : nullptr;
  };
  switch (event.type) {
    case EXECLET_ABI_EVENT_STARTED:
      return on_started(event);
    case EXECLET_ABI_EVENT_OUTPUT:
      if (const auto *output = as(static_cast<execlet_abi_output_event *>(nullptr))) on_output(*output);
      return;
    case EXECLET_ABI_EVENT_OUTPUT_SKIPPED:
      if (const auto *skipped = as(static_cast<execlet_abi_output_skipped_event *>(nullptr)))
        (skipped->stream == 2 ? error_ : output_).skip(skipped->bytes);
      return;
    case EXECLET_ABI_EVENT_DISPLAY:
      if (const auto *display = as(static_cast<execlet_abi_display_event *>(nullptr))) on_display(*display);
      return;
    case EXECLET_ABI_EVENT_CLEAR_OUTPUT:
      return tell(EXECLET_EVENT_CLEAR_OUTPUT);
    case EXECLET_ABI_EVENT_USER_ERROR:
      if (const auto *error = as(static_cast<execlet_abi_user_error_event *>(nullptr))) on_user_error(*error);
      return;
    case EXECLET_ABI_EVENT_INPUT_REQUEST:
      if (const auto *text = as(static_cast<execlet_abi_notice_event *>(nullptr)))
        on_text(*text, EXECLET_EVENT_INPUT_REQUEST);
      return;
    case EXECLET_ABI_EVENT_PROGRESS:
      if (const auto *progress = as(static_cast<execlet_abi_progress_event *>(nullptr))) on_progress(*progress);
      return;
    case EXECLET_ABI_EVENT_LIMIT:
      if (const auto *limit = as(static_cast<execlet_abi_limit_event *>(nullptr))) on_limit(*limit);
      return;
    case EXECLET_ABI_EVENT_ARTIFACT:
      if (const auto *artifact = as(static_cast<execlet_abi_artifact_event *>(nullptr))) on_artifact(*artifact);
      return;
    case EXECLET_ABI_EVENT_NOTICE:
      if (const auto *text = as(static_cast<execlet_abi_notice_event *>(nullptr))) on_text(*text, EXECLET_EVENT_NOTICE);
      return;
    default:
      return;  // of a newer minor version
  }
}

void EventSink::on_started(const execlet_abi_event &event) {
  if (started()) return;
  const TimePoint now = Clock::now();
  // A time in the future would put the time limit off.
  started_at_ = event.time_ns != 0 ? std::min(from_abi_ns(event.time_ns), now) : now;
  started_.store(true, std::memory_order_release);
  const auto most = std::chrono::ceil<std::chrono::milliseconds>(on_started_(started_at_));
  tell(EXECLET_EVENT_STARTED, {}, nullptr, 0, static_cast<std::uint64_t>(std::max<std::int64_t>(most.count(), 0)));
}

void EventSink::on_output(const execlet_abi_output_event &event) {
  const bool is_error = event.stream == 2;
  (is_error ? error_ : output_).append(view(event.data));
  tell(is_error ? EXECLET_EVENT_STDERR : EXECLET_EVENT_STDOUT, view(event.data));
}

void EventSink::on_display(const execlet_abi_display_event &event) {
  Display display;
  for (std::uint64_t i = 0; i < event.part_count; ++i)
    display.parts.emplace_back(lossy_utf8(view(event.parts[i].mime)), copy(event.parts[i].data));
  display.metadata_json = json_object_or_empty(view(event.metadata_json));
  if (callback_.function) tell(EXECLET_EVENT_DISPLAY, display_json(display));
  std::uint64_t bytes = display.metadata_json.size();
  for (const auto &[mime, data] : display.parts) bytes += mime.size() + data.size();
  if (step_->displays.size() == kMostDisplays || bytes > kDisplayBytes - display_bytes_) {
    ++dropped_displays_;
    return;
  }
  display_bytes_ += bytes;
  step_->displays.push_back(std::move(display));
}

void EventSink::on_user_error(const execlet_abi_user_error_event &event) {
  const std::string name = lossy_utf8(view(event.name));
  user_error_ = name + ": " + lossy_utf8(view(event.message));
  tell(EXECLET_EVENT_USER_ERROR, view(event.traceback.size != 0 ? event.traceback : event.message), name.c_str());
}

void EventSink::on_progress(const execlet_abi_progress_event &event) {
  if (!callback_.function) return;
  const std::string stage = lossy_utf8(view(event.stage));
  tell(EXECLET_EVENT_PROGRESS, view(event.text), stage.c_str(), event.current, event.total);
}

void EventSink::on_limit(const execlet_abi_limit_event &event) {
  if (event.limit < 0 || event.limit >= EXECLET_ABI_LIMIT_COUNT) return;
  LimitReport &report = step_->limits[static_cast<std::size_t>(event.limit)];
  report.how = lossy_utf8(view(event.how));
  report.enforced = report.how.empty() ? 0 : event.enforced;
  if (report.how.empty() && event.limit != EXECLET_ABI_LIMIT_WALL_TIME) add_notice(not_enforced_notice(event.limit));
}

void EventSink::on_artifact(const execlet_abi_artifact_event &event) {
  ArtifactStore::Outcome outcome = artifacts_.receive(event);
  if (outcome.notice) add_notice(std::move(*outcome.notice));
  if (!outcome.artifact) return;
  tell(EXECLET_EVENT_ARTIFACT, outcome.artifact->name, outcome.artifact->mime.c_str(), 0, outcome.artifact->size);
  step_->artifacts.push_back(std::move(*outcome.artifact));
}

void EventSink::on_text(const execlet_abi_notice_event &event, std::int32_t type) {
  Notice notice{lossy_utf8(view(event.code)), lossy_utf8(view(event.text))};
  if (type == EXECLET_EVENT_NOTICE) return add_notice(std::move(notice));
  tell(type, notice.text, notice.code.c_str());
}

void EventSink::add_notice(Notice notice) {
  tell(EXECLET_EVENT_NOTICE, notice.text, notice.code.c_str());
  if (step_->notices.size() < kMostNotices)
    step_->notices.push_back(std::move(notice));
  else
    ++dropped_notices_;
}

void EventSink::tell(std::int32_t type, std::string_view data, const char *name, std::uint64_t current,
                     std::uint64_t total) {
  if (!callback_.function) return;
  execlet_event event{};
  event.struct_size = sizeof event;
  event.type = type;
  event.block = block_;
  event.data = data.data();
  event.size = data.size();
  event.name = name;
  event.current = current;
  event.total = total;
  callback_.function(callback_.ctx, callback_.execution, &event);
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "run.h"

#include <algorithm>
#include <utility>

namespace execlet::runner {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
// A killed run that is not over by then is lost. More than a runner needs to find that it cannot kill, less than the
// time after which the core gives up the plugin.
constexpr std::uint64_t kLastWords = kKillPatience + 200 * kMillisecond;
constexpr std::uint64_t kLook = 250 * kMillisecond;        // of silence, after which the runner itself is looked at
constexpr std::uint64_t kOverdue = 1000 * kMillisecond;    // beyond the time and the grace of the program
constexpr std::uint64_t kPulse = 500 * kMillisecond;       // in which an overdue runner that lives makes some move
constexpr std::uint64_t kCreditStep = kInitialCredit / 4;  // fewer, larger credits
constexpr std::uint64_t kMaxArtifacts = 1000;

template <class Event>
execlet_abi_event head_of(execlet_abi_event_type type, std::uint64_t time_ns = 0) {
  execlet_abi_event head{};
  head.struct_size = sizeof(Event);
  head.type = type;
  head.time_ns = time_ns;
  return head;
}

}  // namespace

plugin::Status Run::execute(const Program &program) {
  input_open_ = (request_.flags & EXECLET_ABI_REQUEST_HAS_INPUT) != 0;
  if (!send_files() || !send_start(program))
    return {EXECLET_ABI_INVALID_ARGUMENT, "request.too-large",
            "an argument, an environment entry or a file name is longer than " + std::to_string(kMaxField) + " bytes"};
  start_end_ = connection_.queued();
  expect_end();
  if (input_open_) take_input();
  for (;;) {
    Frame frame;
    switch (connection_.wait(call_.wake_fd(), next_deadline(), frame)) {
      case Connection::Wait::kFrame: {
        plugin::Status status;
        if (take(frame, status)) return status;
        break;
      }
      case Connection::Wait::kWake:
        take_cancel();
        // Without credit the input waits where it is: asking for cancels has quieted the descriptor, and the credit
        // comes as a frame.
        if (input_open_) take_input();
        break;
      case Connection::Wait::kTimeout:
        take_cancel();
        if (give_up_ns_ != 0 && monotonic_now() >= give_up_ns_) return lost("does not answer");
        if (runner_is_stuck()) return lost("was stopped or hangs, and does not answer; it is killed with its programs");
        if (call_.deadline_ns() != 0 && monotonic_now() >= call_.deadline_ns()) take_deadline();
        break;
      case Connection::Wait::kLost:
        return lost("ended unexpectedly; was it killed?");
    }
  }
}

// Code must never run twice: only a START that did not leave whole, or of which the end was not read, was certainly not
// obeyed.
plugin::Status Run::lost(const char *what_the_runner_did) {
  const std::uint64_t sent = connection_.gone_out();
  if (sent < start_end_ || (sent == start_end_ && connection_.left_unread()))
    return {EXECLET_ABI_INVALID_STATE, "instance.gone", "the runner had ended before the program was sent to it"};
  std::string message = std::string("the runner ") + what_the_runner_did;
  if (!started_) {
    call_.emit_started();
    message += "; whether the program had begun is not known";
  }
  return {EXECLET_ABI_UNAVAILABLE, "backend.lost", std::move(message)};
}

std::uint64_t Run::next_deadline() const {
  std::uint64_t deadline = give_up_ns_ != 0 ? give_up_ns_ : call_.deadline_ns();
  const auto no_later = [&](std::uint64_t time) { deadline = deadline == 0 ? time : std::min(deadline, time); };
  if (overdue_ns_ != 0) no_later(overdue_ns_);
  // The init of a namespace cannot be stopped from inside.
  if (connection_.namespaces() == Namespaces::kNone) no_later(monotonic_now() + kLook);
  return deadline;
}

void Run::expect_end() {
  if (request_.timeout_ns != 0) overdue_ns_ = monotonic_now() + request_.timeout_ns + request_.kill_grace_ns + kOverdue;
}

bool Run::runner_is_stuck() {
  const std::uint64_t now = monotonic_now();
  const bool overdue = overdue_ns_ != 0 && now >= overdue_ns_;
  if (!overdue && connection_.namespaces() != Namespaces::kNone) return false;
  const Pulse pulse = connection_.pulse();
  if (pulse.state == 'T' || pulse.state == 't') return true;
  if (!overdue) return false;
  // At work on a tree that dies slowly, or on files, it is busy; else it would wait for nothing but the client.
  overdue_ns_ = now + kPulse;
  const bool moved = std::exchange(switches_seen_, pulse.switches) != pulse.switches;
  return !moved && pulse.state != 'R' && pulse.state != 'D';
}

bool Run::send_files() {
  bool fits = true;
  for (std::uint64_t i = 0; i < request_.file_count; ++i) {
    const execlet_abi_file &file = *request_.files[i];
    MessageWriter message(connection_.out(), FrameType::kPut);
    message.text(Tag::kPath, plugin::view(file.path));
    message.number(Tag::kMode, file.mode);
    message.data(Tag::kData, plugin::view(file.data));
    fits = message.finish() && fits;
  }
  return fits;
}

bool Run::send_start(const Program &program) {
  MessageWriter message(connection_.out(), FrameType::kStart);
  for (const CommandWord &word : program.command) {
    const Tag tag = word.kind == CommandWord::Kind::kText      ? Tag::kArgument
                    : word.kind == CommandWord::Kind::kProgram ? Tag::kProgramArgument
                    : word.kind == CommandWord::Kind::kSnippet ? Tag::kSnippetArgument
                                                               : Tag::kSnippetDirArgument;
    message.text(tag, word.text);
  }
  for (const std::string_view entry : program.environment) message.text(Tag::kEnvironment, entry);
  if (!program.snippet_name.empty()) {
    message.text(Tag::kSnippetName, program.snippet_name);
    message.data(Tag::kSnippetData, program.snippet);
    if (program.snippet_own_directory) message.number(Tag::kSnippetOwnDir, 1);
  }
  if (request_.limits != nullptr) {
    const execlet_abi_limits &limits = *request_.limits;
    const std::uint64_t values[EXECLET_ABI_LIMIT_COUNT] = {request_.timeout_ns, limits.memory, limits.cpus,
                                                           limits.cpu_time,     limits.pids,   limits.open_files,
                                                           limits.file_size,    limits.output, limits.disk};
    for (std::uint32_t kind = EXECLET_ABI_LIMIT_WALL_TIME; kind < EXECLET_ABI_LIMIT_COUNT; ++kind)
      if (values[kind] != 0) message.limit(Tag::kLimit, {kind, values[kind], {}});
  }
  message.number(Tag::kTimeoutNs, request_.timeout_ns);
  message.number(Tag::kKillGraceNs, request_.kill_grace_ns);
  message.number(Tag::kFlags, ((request_.flags & EXECLET_ABI_REQUEST_BEST_EFFORT) != 0 ? kStartBestEffort : 0) |
                                  (input_open_ ? kStartHasInput : 0));
  if (EXECLET_ABI_HAS(&request_, execlet_abi_request, output_wanted) && request_.output_wanted != 0)
    message.number(Tag::kOutputWanted, request_.output_wanted);
  if (const std::uint64_t now = monotonic_now(); request_.collect_count != 0 && call_.deadline_ns() > now)
    message.number(Tag::kDeadlineNs, call_.deadline_ns() - now);
  for (std::uint64_t i = 0; i < request_.collect_count; ++i)
    message.text(Tag::kCollect, plugin::view(request_.collect[i]));
  if (request_.collect_count != 0) {
    if (EXECLET_ABI_HAS(&request_, execlet_abi_request, collect_max_bytes) && request_.collect_max_bytes != 0) {
      message.number(Tag::kCollectMaxFileBytes, request_.collect_max_bytes);
      message.number(Tag::kCollectMaxTotalBytes, request_.collect_max_bytes);
    }
    message.number(Tag::kCollectMaxFiles, kMaxArtifacts);
  }
  return message.finish();
}

void Run::send_signal(SignalKind kind) {
  MessageWriter message(connection_.out(), FrameType::kSignal);
  message.number(Tag::kSignalKind, static_cast<std::uint64_t>(kind));
  (void)message.finish();
}

void Run::take_cancel() {
  const execlet_abi_cancel wanted = call_.cancelled();
  if (wanted <= cancel_sent_) return;
  cancel_sent_ = wanted;
  send_signal(wanted == EXECLET_ABI_CANCEL_INTERRUPT   ? SignalKind::kInterrupt
              : wanted == EXECLET_ABI_CANCEL_TERMINATE ? SignalKind::kTerminate
                                                       : SignalKind::kKill);
  if (wanted >= EXECLET_ABI_CANCEL_KILL) give_up_ns_ = monotonic_now() + kLastWords;
}

// The host is about to say the same; the run gets its grace in any case.
void Run::take_deadline() {
  if (cancel_sent_ < EXECLET_ABI_CANCEL_TERMINATE) {
    cancel_sent_ = EXECLET_ABI_CANCEL_TERMINATE;
    send_signal(SignalKind::kTerminate);
  }
  if (give_up_ns_ == 0) give_up_ns_ = monotonic_now() + request_.kill_grace_ns + kLastWords;
}

void Run::take_input() {
  char buffer[64 * 1024];
  while (input_open_ && input_credit_ > 0) {
    std::size_t size = 0;
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(sizeof buffer, input_credit_));
    const execlet_abi_status status = call_.read_input(buffer, room, size);
    if (status != EXECLET_ABI_OK) {  // NOT_FOUND: the end
      append_raw_frame(connection_.out(), FrameType::kInput, kStdinStream, {}, kEnd);
      input_open_ = false;
    } else if (size == 0) {
      return;
    } else {
      append_raw_frame(connection_.out(), FrameType::kInput, kStdinStream, {buffer, size});
      input_credit_ -= size;
    }
  }
}

bool Run::take(const Frame &frame, plugin::Status &status) {
  switch (frame.header.type) {
    case FrameType::kStarted:
      take_started(frame);
      return false;
    case FrameType::kOutput:
      take_output(frame);
      return false;
    case FrameType::kSkipped:
      take_skipped(frame);
      return false;
    case FrameType::kFile:
      take_file(frame);
      return false;
    case FrameType::kCredit:
      if (frame.header.stream == kStdinStream) {
        input_credit_ += parse_credit(frame.payload);
        if (input_open_) take_input();
      }
      return false;
    case FrameType::kExited:
      take_exited(frame);
      return (frame.header.flags & kMore) == 0;
    case FrameType::kFailed:
      // A reset before this run failed: the answer to START says so again.
      if (frame.header.stream != kControlStream) return false;
      status = failure_of(frame);
      // Nothing was started, and another runner may do it.
      if (status.code() == EXECLET_ABI_UNAVAILABLE)
        status = {EXECLET_ABI_INVALID_STATE, status.reason(), status.message()};
      return true;
    default:
      return false;
  }
}

void Run::take_started(const Frame &frame) {
  std::uint64_t started = 0;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kStartedNs) started = field.number();
    if (field.tag != Tag::kLimit) continue;
    const LimitRecord limit = field.limit();
    call_.emit_limit(static_cast<execlet_abi_limit>(limit.kind), limit.value, limit.how);
  }
  if ((frame.header.flags & kMore) != 0) return;
  expect_end();
  started_ = true;
  call_.emit_started(started);
}

void Run::consumed(std::uint16_t stream, std::uint64_t bytes) {
  if (stream > kArtifactStream) return;
  owed_[stream] += bytes;
  if (owed_[stream] < kCreditStep) return;
  append_credit(connection_.out(), stream, owed_[stream]);
  owed_[stream] = 0;
}

void Run::take_output(const Frame &frame) {
  call_.emit_output(frame.header.stream == kStdoutStream ? 1 : 2, frame.payload);
  consumed(frame.header.stream, frame.payload.size());
}

void Run::take_skipped(const Frame &frame) {
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);)
    if (field.tag == Tag::kOutputBytes)
      call_.emit_output_skipped(frame.header.stream == kStdoutStream ? 1 : 2, field.number());
}

void Run::take_file(const Frame &frame) {
  const bool last = (frame.header.flags & kMore) == 0;
  std::uint64_t bytes = 0;
  const auto emit = [&](std::string_view data, bool end) {
    execlet_abi_artifact_event event{};
    event.head = head_of<execlet_abi_artifact_event>(EXECLET_ABI_EVENT_ARTIFACT);
    event.head.flags = end ? 1 : 0;
    event.name = plugin::borrow(file_name_);
    event.size = file_size_;
    event.offset = file_offset_;
    event.data = plugin::borrow(data);
    event.fd = -1;
    call_.emit(event.head);
    file_offset_ += data.size();
  };
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kPath) {
      file_name_ = field.value;
      file_offset_ = 0;
    }
    if (field.tag == Tag::kSize) file_size_ = field.number();
    if (field.tag == Tag::kData) {
      bytes += field.value.size();
      emit(field.value, false);
    }
  }
  if (last) emit({}, true);
  consumed(frame.header.stream, bytes);
}

void Run::take_notice(std::string_view notice) {
  const std::size_t nul = notice.find('\0');
  if (nul != std::string_view::npos) call_.emit_notice(notice.substr(0, nul), notice.substr(nul + 1));
}

void Run::take_exited(const Frame &frame) {
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    const std::uint64_t number = field.number();
    switch (field.tag) {
      case Tag::kHow: {
        constexpr execlet_abi_outcome kOutcomes[] = {EXECLET_ABI_OUTCOME_NONE,     EXECLET_ABI_OUTCOME_EXITED,
                                                     EXECLET_ABI_OUTCOME_SIGNALED, EXECLET_ABI_OUTCOME_TIMED_OUT,
                                                     EXECLET_ABI_OUTCOME_LIMIT,    EXECLET_ABI_OUTCOME_CANCELLED};
        result_.outcome = number < std::size(kOutcomes) ? kOutcomes[number] : EXECLET_ABI_OUTCOME_NONE;
        break;
      }
      case Tag::kExitCode:
        result_.exit_code = static_cast<std::int32_t>(number);
        break;
      case Tag::kTermSignal:
        result_.term_signal = static_cast<std::int32_t>(number);
        break;
      case Tag::kLimitsHit:
        result_.limits_hit = static_cast<std::uint32_t>(number);
        break;
      case Tag::kWallNs:
        result_.wall_ns = number;
        break;
      case Tag::kCpuUserNs:
        result_.cpu_user_ns = number;
        break;
      case Tag::kCpuSystemNs:
        result_.cpu_system_ns = number;
        break;
      case Tag::kPeakMemory:
        result_.peak_memory_bytes = number;
        break;
      case Tag::kNotice:
        take_notice(field.value);
        break;
      default:
        break;
    }
  }
}

}  // namespace execlet::runner

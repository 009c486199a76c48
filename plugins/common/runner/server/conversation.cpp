// SPDX-License-Identifier: Apache-2.0
#include "conversation.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "beneath.h"
#include "clock.h"
#include "mounts.h"
#include "privileges.h"
#include "small_file.h"

namespace execlet::runner {
namespace {

// STARTED waits this long for company: a program that ends at once is then told in one message. Shorter than a tick of
// the kernel it would cost more than it saves: a timer that has to be programmed for each run.
constexpr std::uint64_t kFlushDelay = 10 * kMillisecond;
// What outlives a runner that is no init of a namespace is found by nobody any more: it tries for long.
constexpr std::uint64_t kLastPatience = 60 * kSecond;

}  // namespace

Conversation::Conversation(int socket, int signals, int host)
    : transport_(socket), socket_(socket), signals_(signals), host_(host), upload_(workspace_) {}

void Conversation::run() {
  while (!over_ && !transport_.broken()) wait();
  execution_.reset();
  if (!processes_) return;
  // Nobody is answered any more, and nobody should wait for an answer.
  shutdown(socket_, SHUT_RDWR);
  Reaper last(*processes_);
  last.kill_all(processes_->mode() == Containment::kNamespace ? kKillPatience : kLastPatience);
}

void Conversation::wait() {
  pollfd entries[3 + Execution::kMaxPoll];
  std::size_t count = 0;
  const std::uint64_t now = monotonic_ns();
  const bool hold = flush_at_ > now && flush_at_ != UINT64_MAX;
  const bool blocked = transport_.pending() > 0 && !hold;
  entries[count++] = {socket_, static_cast<short>(blocked ? POLLIN | POLLOUT : POLLIN), 0};
  entries[count++] = {signals_, POLLIN, 0};
  entries[count++] = {host_, POLLIN, 0};
  const std::size_t own = count;
  if (execution_) count += execution_->fill_poll(entries + count);

  std::uint64_t deadline = hold ? flush_at_ : UINT64_MAX;
  if (execution_) deadline = std::min(deadline, execution_->next_deadline());
  timespec timeout{};
  if (deadline != UINT64_MAX && deadline > now) {
    timeout.tv_sec = static_cast<time_t>((deadline - now) / kSecond);
    timeout.tv_nsec = static_cast<long>((deadline - now) % kSecond);
  }
  const int events = ppoll(entries, count, deadline == UINT64_MAX ? nullptr : &timeout, nullptr);
  // A program of the same uid can take away the room for descriptors. A supervisor that cannot wait any more must end.
  if (events < 0 && errno != EINTR) over_ = true;
  if (events > 0) {
    if (execution_) execution_->ready(entries + own, count - own);
    if (entries[1].revents != 0) read_signals();
    if (entries[2].revents != 0) over_ = true;
    if ((entries[0].revents & ~POLLOUT) != 0 && !receive()) over_ = true;
  }
  if (execution_) execution_->advance(monotonic_ns());
  if (get_ && get_->advance()) end_get();
  if (execution_ && execution_->finished()) end_execution();
  if (!execution_ || flush_at_ <= monotonic_ns()) flush_at_ = UINT64_MAX;
  if (flush_at_ == UINT64_MAX) transport_.flush();
}

void Conversation::end_execution() {
  transport_.flush();
  sched_yield();  // the client, woken on this processor, need not wait for the cleaning up
  flush_at_ = UINT64_MAX;
  if (execution_->has_survivors()) over_ = true;
  if (!request_) last_change_ns_ = clock_ns(CLOCK_REALTIME);
  execution_.reset();
  // For the next run, which tries again where this fails.
  for (PipeEnds &ends : streams_) (void)ends.make();
  clean_ = own_state_.restore() && workspace_.is_untouched(snippet_.left());
}

void Conversation::read_signals() {
  signalfd_siginfo info[8];
  const ssize_t size = read(signals_, info, sizeof info);
  for (std::size_t i = 0; size > 0 && i < static_cast<std::size_t>(size) / sizeof info[0]; ++i) {
    if (info[i].ssi_signo == SIGCHLD && execution_) execution_->children_changed();
    // Only somebody outside of the namespace (whose pid is 0 here) may end the runner; programs may not.
    const bool from_outside = processes_ && processes_->mode() == Containment::kNamespace && info[i].ssi_pid == 0;
    if (info[i].ssi_signo == SIGTERM && from_outside) over_ = true;
  }
}

bool Conversation::receive() {
  if (!transport_.receive()) return false;
  Frame frame;
  for (;;) {
    switch (transport_.next(frame)) {
      case FrameReader::State::kNeedMore:
        return true;
      case FrameReader::State::kMalformed:
        return false;
      case FrameReader::State::kFrame:
        if (!handle(frame)) return false;
        if (over_) return true;
    }
  }
}

bool Conversation::handle(const Frame &frame) {
  if (ready_) return handle_idle_or_running(frame);
  // Nothing but SETUP can be the first frame.
  if (frame.header.type != FrameType::kSetup) return false;
  setup(frame);
  return true;
}

bool Conversation::handle_idle_or_running(const Frame &frame) {
  switch (frame.header.type) {
    case FrameType::kStart:
      start(frame);
      return true;
    case FrameType::kInput:
      // What was sent before the client saw the end of a run is nobody's.
      return !execution_ || execution_->input(frame.payload, (frame.header.flags & kEnd) != 0);
    case FrameType::kCredit: {
      const std::uint64_t bytes = parse_credit(frame.payload);
      if (get_ && frame.header.stream == get_->stream()) get_->add_credit(bytes);
      if (execution_) execution_->credit(frame.header.stream, bytes);
      return true;
    }
    case FrameType::kSignal: {
      FieldReader reader(frame.payload);
      for (Field field; reader.next(field);)
        if (field.tag == Tag::kSignalKind && execution_) execution_->signal(static_cast<SignalKind>(field.number()));
      return reader.ok();
    }
    case FrameType::kPut:
      put(frame);
      return true;
    case FrameType::kGet:
      get(frame);
      return true;
    case FrameType::kReset:
      reset(frame);
      return true;
    default:
      fail(frame.header.stream,
           {Code::kInvalidArgument, "protocol.unknown-frame", "this runner does not know that request"});
      return true;
  }
}

void Conversation::setup(const Frame &frame) {
  Setup setup;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    switch (field.tag) {
      case Tag::kVersion:
        setup.version = field.number();
        break;
      case Tag::kContainment:
        setup.wish = static_cast<Containment>(field.number());
        break;
      case Tag::kNamespace:
        setup.namespace_made = field.number() == 1;
        break;
      case Tag::kUserNamespace:
        setup.user_namespace = field.number() == 1;
        break;
      case Tag::kPrivateDir:
        setup.workspace.private_dir = field.value;
        break;
      case Tag::kWorkDir:
        setup.workspace.shared_work = field.value;
        break;
      case Tag::kDiskBytes:
        setup.workspace.size = field.number();
        break;
      case Tag::kHostPid:
        setup.host_pid = field.number();
        break;
      default:
        break;
    }
  }
  Failure failure;
  if (!reader.ok() || setup.version != kProtocolVersion || setup.workspace.private_dir.empty() ||
      setup.workspace.private_dir[0] != '/') {
    failure = {Code::kInvalidArgument, "protocol.bad-setup",
               "the set-up message is incomplete or of version " + decimal(setup.version) + "; this runner speaks " +
                   decimal(kProtocolVersion)};
  } else if (establish(setup, failure)) {
    ready_ = true;
    hello();
    return;
  }
  fail(kControlStream, failure);
  transport_.flush();
  rmdir(setup.workspace.private_dir.c_str());  // it was to be removed at the end, which this is
  over_ = true;
}

bool Conversation::establish(const Setup &setup, Failure &failure) {
  const std::string &directory = setup.workspace.private_dir;
  groups_.emplace("execlet-" + decimal(setup.host_pid) + '-' + directory.substr(directory.rfind('/') + 1));
  processes_.emplace(*groups_);
  if (!processes_->establish(setup.wish, setup.namespace_made, failure)) return false;
  Workspace::Options options = setup.workspace;
  options.may_mount = processes_->mode() == Containment::kNamespace;
  if (options.may_mount && !own_mounts(failure)) return false;
  groups_->discover();
  const bool root = geteuid() == 0;
  bool groups_kept = false;  // from programs
  if (options.may_mount) {
    unshare(CLONE_NEWUTS);
    groups_kept = protect_system(root) && (!root || forbid_user_namespaces());
  } else {
    guard_.prepare(host_pid());
  }
  if (!workspace_.open(options, failure)) return false;
  limits_.emplace(*groups_, workspace_, how_killed(), groups_kept);
  null_.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  drop_.reset(open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (setup.user_namespace)
    keep_capabilities_from_programs();
  else if (root)
    keep_machine_from_programs();
  return true;
}

// The host as this process can see it; 0 if it cannot.
pid_t Conversation::host_pid() const {
  if (host_ < 0) return 0;
  const std::string facts = read_small_file("/proc/self/fdinfo/" + decimal(static_cast<unsigned>(host_)));
  return static_cast<pid_t>(number_after(facts, "Pid:\t"));
}

std::string Conversation::how_killed() const {
  std::string how(processes_->means());
  if (processes_->mode() == Containment::kNamespace) return how;
  return how + (guard_.holds() ? "; no namespaces" : "; no namespaces, and programs can stop the runner");
}

void Conversation::hello() {
  MessageWriter message(transport_.out(), FrameType::kHello);
  message.number(Tag::kVersion, kProtocolVersion);
  message.number(Tag::kContainment, static_cast<std::uint64_t>(processes_->mode()));
  message.text(Tag::kWorkDir, workspace_.work_path());
  message.text(Tag::kTempDir, workspace_.temp_path());
  for (const std::string &directory : groups_->directories()) message.text(Tag::kGroup, directory);
  for (const LimitInForce &ability : limits_->abilities())
    message.limit(Tag::kAbility, {ability.kind, ability.value, ability.how});
  (void)message.finish();
}

void Conversation::start(const Frame &frame) {
  if (!request_) request_.emplace();
  request_->take(frame);
  if ((frame.header.flags & kMore) != 0) return;
  StartRequest request = std::move(*request_);
  request_.reset();
  Failure failure;
  if (execution_) {
    fail(kControlStream, {Code::kInvalidState, "start.busy", "a program is running already"});
    return;
  }
  if (reset_failure_) {
    fail(kControlStream, *reset_failure_);
    return;
  }
  if (std::optional<Failure> put = std::exchange(put_failure_, std::nullopt)) {
    fail(kControlStream, *put);
    return;
  }
  if (request.check(failure)) {
    clean_ = false;
    execution_.emplace(Surroundings{transport_, workspace_, snippet_, *processes_, *limits_, guard_, precedence_,
                                    null_.get(), drop_.get(), streams_},
                       std::move(request));
    if (execution_->start(last_change_ns_, failure)) {
      flush_at_ = monotonic_ns() + kFlushDelay;
      return;
    }
    execution_.reset();
  }
  fail(kControlStream, failure);
}

void Conversation::put(const Frame &frame) {
  clean_ = false;
  if (!upload_.take(frame)) return;
  last_change_ns_ = clock_ns(CLOCK_REALTIME);
  std::optional<Failure> failure = upload_.take_failure();
  if (frame.header.stream != kControlStream) {
    if (failure)
      fail(frame.header.stream, *failure);
    else
      done(frame.header.stream);
  } else if (failure && !put_failure_) {
    put_failure_ = std::move(failure);
  }
}

void Conversation::get(const Frame &frame) {
  std::string path;
  std::uint64_t max_bytes = 0;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kPath) path = field.value;
    if (field.tag == Tag::kMaxBytes) max_bytes = field.number();
  }
  if (frame.header.stream < kFirstRequestStream)
    return fail(frame.header.stream,
                {Code::kInvalidArgument, "protocol.bad-stream", "a file cannot be read on a stream of the program's"});
  if (get_) return fail(frame.header.stream, {Code::kResourceExhausted, "get.busy", "another file is being read"});
  if (!is_clean_relative_path(path))
    return fail(frame.header.stream,
                {Code::kInvalidArgument, "files.bad-path", "not a relative path without . and .."});
  if (!execution_) snippet_.remove();  // of a run that is over, perhaps of somebody else's
  get_.emplace(transport_, workspace_.work_fd(), frame.header.stream, std::vector<std::string>{path}, max_bytes);
  if (get_->advance()) end_get();
}

void Conversation::end_get() {
  if (get_->notices().empty()) {
    done(get_->stream());
  } else {
    const std::string &notice = get_->notices().front();
    fail(get_->stream(), {Code::kNotFound, "files.unreadable", notice.substr(notice.find('\0') + 1)});
  }
  get_.reset();
}

void Conversation::reset(const Frame &frame) {
  Failure failure;
  if (execution_) return fail(frame.header.stream, {Code::kInvalidState, "reset.busy", "a program is running"});
  get_.reset();
  put_failure_.reset();
  reset_failure_.reset();
  Reaper reaper(*processes_);
  if (!reaper.kill_all(kKillPatience))
    failure = {Code::kUnavailable, "tree.survivors", "a process could not be killed"};
  else if (!clean_ && !own_state_.restore())
    failure = {Code::kUnavailable, "runner.changed", "a program changed what its supervisor hands on to the next one"};
  else if (clean_ || workspace_.reset(failure))
    return done(frame.header.stream);
  fail(frame.header.stream, failure);
  reset_failure_ = std::move(failure);
}

void Conversation::fail(std::uint16_t stream, const Failure &failure) {
  MessageWriter message(transport_.out(), FrameType::kFailed, stream);
  message.number(Tag::kCode, static_cast<std::uint64_t>(failure.code));
  message.text(Tag::kReason, failure.reason);
  message.text(Tag::kMessage, failure.message);
  (void)message.finish();
}

void Conversation::done(std::uint16_t stream) {
  MessageWriter message(transport_.out(), FrameType::kDone, stream);
  (void)message.finish();
}

}  // namespace execlet::runner

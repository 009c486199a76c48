// SPDX-License-Identifier: Apache-2.0
#include "runner_driver.h"

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "catch.h"
#include "runner_frames.h"

namespace execlet::test {
namespace {

using namespace execlet::runner;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);

}  // namespace

StartSpec shell(const std::string &script) {
  StartSpec spec;
  spec.arguments = {"sh", "-c", script};
  return spec;
}

RunnerDriver::RunnerDriver(const RunnerOptions &options) {
  // A name that is free; the runner makes the directory. So it has an owner at any moment, also if this test is killed.
  char name[] = "/tmp/execlet-XXXXXX";
  REQUIRE((mkdtemp(name) != nullptr && rmdir(name) == 0));
  private_path_ = name;
  const LaunchedRunner launched = launch_runner(options, private_path_);
  socket_ = launched.socket;
  child_ = launched.child;
  pid_ = launched.runner;

  std::string bytes;
  MessageWriter setup(bytes, FrameType::kSetup);
  setup.number(Tag::kVersion, kProtocolVersion);
  setup.number(Tag::kContainment, static_cast<std::uint64_t>(options.containment));
  if (is_own_init(options)) setup.number(Tag::kNamespace, 1);
  if (options.unprivileged) setup.number(Tag::kUserNamespace, 1);
  setup.text(Tag::kPrivateDir, private_path_);
  if (!options.work_dir.empty()) setup.text(Tag::kWorkDir, options.work_dir);
  if (options.disk_bytes != 0) setup.number(Tag::kDiskBytes, options.disk_bytes);
  setup.number(Tag::kHostPid, static_cast<std::uint64_t>(getpid()));
  REQUIRE(setup.finish());
  group_name_ =
      "execlet-" + std::to_string(getpid()) + private_path_.substr(private_path_.rfind('/')).replace(0, 1, "-");
  send(bytes);
  read_until([&](const RunOutcome &) { return ready_ || !setup_failure_.reason.empty(); });
}

RunnerDriver::~RunnerDriver() {
  // Every runner must end clean, whatever its test did with it.
  if (child_ > 0) CHECK(close());
  if (socket_ >= 0) ::close(socket_);
  CHECK(groups() == 0);
  CHECK(access(private_path_.c_str(), F_OK) != 0);
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

bool RunnerDriver::close() {
  ::close(socket_);
  socket_ = -1;
  return ends_by_itself();
}

bool RunnerDriver::ends_by_itself() {
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    int status = 0;
    if (waitpid(child_, &status, WNOHANG) == child_) {
      child_ = -1;
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    poll(nullptr, 0, 2);
  }
  return false;
}

void RunnerDriver::kill_runner() {
  REQUIRE(child_ > 0);
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  child_ = -1;
  rmdir(private_path_.c_str());
}

void RunnerDriver::send(const std::string &bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t size = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (size < 0) return;  // the runner is gone; reading tells
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
}

void RunnerDriver::give_credit(std::uint16_t stream, std::uint64_t bytes) {
  std::string out;
  append_credit(out, stream, bytes);
  send(out);
}

void RunnerDriver::start(const StartSpec &spec) {
  outcome_ = {};
  outcome_over_ = false;
  std::string bytes;
  MessageWriter message(bytes, FrameType::kStart);
  for (const std::string &argument : spec.arguments) {
    if (argument == "{snippet}")
      message.text(Tag::kSnippetArgument, {});
    else if (argument == "{dir}")
      message.text(Tag::kSnippetDirArgument, {});
    else
      message.text(Tag::kArgument, argument);
  }
  for (const std::string &entry : spec.environment) message.text(Tag::kEnvironment, entry);
  if (!spec.snippet_name.empty()) message.text(Tag::kSnippetName, spec.snippet_name);
  message.data(Tag::kSnippetData, spec.snippet);
  if (spec.snippet_own_dir) message.number(Tag::kSnippetOwnDir, 1);
  for (const auto &[kind, value] : spec.limits) message.limit(Tag::kLimit, {kind, value, {}});
  message.number(Tag::kTimeoutNs, spec.timeout_ms * 1'000'000);
  message.number(Tag::kKillGraceNs, spec.grace_ms * 1'000'000);
  message.number(Tag::kFlags, (spec.best_effort ? kStartBestEffort : 0) | (spec.has_input ? kStartHasInput : 0));
  if (spec.output_wanted != 0) message.number(Tag::kOutputWanted, spec.output_wanted);
  for (const std::string &glob : spec.collect) message.text(Tag::kCollect, glob);
  message.number(Tag::kCollectMaxFileBytes, spec.collect_max_file);
  message.number(Tag::kCollectMaxFiles, 100);
  message.number(Tag::kCollectMaxTotalBytes, 64 << 20);
  REQUIRE(message.finish());
  send(bytes);
}

void RunnerDriver::input(std::string_view data, bool end) {
  std::string bytes;
  append_raw_frame(bytes, FrameType::kInput, kStdinStream, data, end ? kEnd : 0);
  send(bytes);
}

void RunnerDriver::signal(SignalKind kind) {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kSignal);
  message.number(Tag::kSignalKind, static_cast<std::uint64_t>(kind));
  REQUIRE(message.finish());
  send(bytes);
}

void RunnerDriver::put(const std::string &path, std::string_view data, std::uint32_t mode) {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kPut);
  message.text(Tag::kPath, path);
  message.number(Tag::kMode, mode);
  message.data(Tag::kData, data);
  REQUIRE(message.finish());
  send(bytes);
}

RunnerFailure RunnerDriver::answer_to(const std::string &bytes) {
  request_done_ = false;
  request_failure_ = {};
  send(bytes);
  // Also after the end of a run, whose outcome stays.
  const bool over = outcome_over_;
  outcome_over_ = false;
  read_until([&](const RunOutcome &) { return request_done_; });
  REQUIRE(request_done_);
  outcome_over_ = outcome_over_ || over;
  return request_failure_;
}

RunnerFailure RunnerDriver::reset() {
  return ask(FrameType::kReset);
}

RunnerFailure RunnerDriver::ask(FrameType type) {
  std::string bytes;
  MessageWriter message(bytes, type, kFirstRequestStream);
  REQUIRE(message.finish());
  return answer_to(bytes);
}

RunnerFailure RunnerDriver::get(const std::string &path, std::uint64_t max_bytes, std::uint16_t stream) {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kGet, stream);
  message.text(Tag::kPath, path);
  message.number(Tag::kMaxBytes, max_bytes);
  REQUIRE(message.finish());
  return answer_to(bytes);
}

RunnerFailure RunnerDriver::put_and_wait(const std::string &path, std::string_view data) {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kPut, kFirstRequestStream);
  message.text(Tag::kPath, path);
  message.data(Tag::kData, data);
  REQUIRE(message.finish());
  return answer_to(bytes);
}

void RunnerDriver::take_file(const Frame &frame, RunOutcome &outcome) {
  FieldReader reader(frame.payload);
  std::size_t data = 0;
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kPath) {
      file_name_ = field.value;
      outcome.files[file_name_];
    }
    if (field.tag == Tag::kData) {
      outcome.files[file_name_] += field.value;
      data += field.value.size();
    }
  }
  if (give_credit_) give_credit(frame.header.stream, data);
}

// Takes one frame if a whole one is there.
bool RunnerDriver::step(RunOutcome &outcome, bool &over) {
  Frame frame;
  const FrameReader::State state = reader_.next(frame);
  REQUIRE(state != FrameReader::State::kMalformed);
  if (state == FrameReader::State::kNeedMore) return false;
  FieldReader reader(frame.payload);
  switch (frame.header.type) {
    case FrameType::kHello:
      ready_ = true;
      for (Field field; reader.next(field);) {
        if (field.tag == Tag::kContainment) mode_ = static_cast<Containment>(field.number());
        if (field.tag == Tag::kWorkDir) work_path_ = field.value;
        if (field.tag == Tag::kAbility) abilities_[field.limit().kind] = field.limit().how;
      }
      break;
    case FrameType::kStarted:
      outcome.started = true;
      for (Field field; reader.next(field);) {
        if (field.tag != Tag::kLimit) continue;
        outcome.how_limited[field.limit().kind] = field.limit().how;
        outcome.enforced[field.limit().kind] = field.limit().value;
      }
      break;
    case FrameType::kOutput:
      (frame.header.stream == kStdoutStream ? outcome.out : outcome.err) += frame.payload;
      if (give_credit_) give_credit(frame.header.stream, frame.payload.size());
      break;
    case FrameType::kSkipped:
      for (Field field; reader.next(field);)
        if (field.tag == Tag::kOutputBytes)
          (frame.header.stream == kStdoutStream ? outcome.skipped_out : outcome.skipped_err) += field.number();
      break;
    case FrameType::kCredit:
      outcome.input_credit += parse_credit(frame.payload);
      break;
    case FrameType::kFile:
      take_file(frame, outcome);
      break;
    case FrameType::kExited:
      take_exited(frame, outcome);
      over = true;
      break;
    case FrameType::kFailed:
      if (frame.header.stream >= kFirstRequestStream) {
        request_failure_ = failure_of(frame);
        request_done_ = true;
      } else if (!ready_) {
        setup_failure_ = failure_of(frame);
      } else {
        outcome.failure = failure_of(frame);
        over = true;
      }
      break;
    case FrameType::kDone:
      request_done_ = true;
      break;
    default:
      break;
  }
  return true;
}

void RunnerDriver::read_until(const std::function<bool(const RunOutcome &)> &done) {
  const auto deadline = Clock::now() + kPatience;
  for (;;) {
    if (outcome_over_ || lost_ || done(outcome_)) return;
    if (step(outcome_, outcome_over_)) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry = {socket_, POLLIN, 0};
    if (left <= 0 || poll(&entry, 1, static_cast<int>(left)) <= 0) FAIL("no answer from the runner in time");
    const FrameReader::Space space = reader_.space();
    const ssize_t size = recv(socket_, space.data, space.size, 0);
    if (size <= 0) {
      lost_ = outcome_.lost = true;
      return;
    }
    reader_.commit(static_cast<std::size_t>(size));
  }
}

RunOutcome RunnerDriver::finish() {
  read_until([](const RunOutcome &) { return false; });
  return outcome_;
}

RunOutcome RunnerDriver::resume() {
  outcome_over_ = false;
  return finish();
}

RunOutcome RunnerDriver::run(const StartSpec &spec) {
  start(spec);
  return finish();
}

std::size_t RunnerDriver::survivors() const {
  return children_of(pid_).size();
}

std::size_t RunnerDriver::groups() const {
  std::size_t count = 0;
  const std::function<void(const std::string &, int)> visit = [&](const std::string &path, int depth) {
    DIR *directory = opendir(path.c_str());
    if (directory == nullptr) return;
    while (const dirent *entry = readdir(directory)) {
      if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
      if (entry->d_name == group_name_) ++count;
      if (depth > 0) visit(path + '/' + entry->d_name, depth - 1);
    }
    closedir(directory);
  };
  visit("/sys/fs/cgroup", 4);
  // One that is mounted for the runner alone.
  if (count == 0 && child_ > 0) visit("/proc/" + std::to_string(child_) + "/root/sys/fs/cgroup", 4);
  return count;
}

std::size_t RunnerDriver::mounts_outside() const {
  std::size_t count = 0;
  std::ifstream mounts("/proc/" + std::to_string(child_) + "/mounts");
  REQUIRE(mounts);
  for (std::string line; std::getline(mounts, line);)
    if (line.find(private_path_) != std::string::npos) ++count;
  return count;
}

std::uint64_t RunnerDriver::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stoull(line.substr(6)) * 1024;
  return 0;
}

}  // namespace execlet::test

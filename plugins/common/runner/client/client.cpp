// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <unistd.h>

#include "run.h"

namespace execlet::runner {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kDefaultPatience = 10 * kSecond;
constexpr std::uint64_t kCloseBehind = kSecond / 200;

std::uint64_t deadline_of(const plugin::Call &call) {
  return call.deadline_ns() != 0 ? call.deadline_ns() : monotonic_now() + kDefaultPatience;
}

// Waits for an answer to SETUP or RESET; OK with `frame`, or why there is none.
plugin::Status await(Connection &connection, const plugin::Call &call, const char *what, Frame &frame) {
  for (;;) {
    switch (connection.wait(call.wake_fd(), deadline_of(call), frame)) {
      case Connection::Wait::kFrame:
        return {};
      case Connection::Wait::kWake:
        if (call.cancelled() >= EXECLET_ABI_CANCEL_TERMINATE)
          return {EXECLET_ABI_CANCELLED, "start.cancelled", std::string("cancelled while ") + what};
        break;
      case Connection::Wait::kTimeout:
        return {EXECLET_ABI_TIMEOUT, "start.timeout", std::string("the runner did not answer while ") + what};
      case Connection::Wait::kLost:
        return backend_lost();
    }
  }
}

// Namespaces are made by the client; the other kinds are the runner's own.
bool suits(Namespaces namespaces, Containment wished) {
  return wished == Containment::kAuto || (wished == Containment::kNamespace) == (namespaces != Namespaces::kNone);
}

}  // namespace

plugin::Status backend_lost() {
  return {EXECLET_ABI_UNAVAILABLE, "backend.lost", "the runner ended unexpectedly; was it killed?"};
}

plugin::Status failure_of(const Frame &frame) {
  execlet_abi_status code = EXECLET_ABI_INTERNAL;
  std::string reason = "runner.failed", message;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kCode) code = static_cast<execlet_abi_status>(field.number());
    if (field.tag == Tag::kReason && !field.value.empty()) reason = field.value;
    if (field.tag == Tag::kMessage) message = field.value;
  }
  if (code == EXECLET_ABI_OK) code = EXECLET_ABI_INTERNAL;  // a failure is none that succeeds
  return {code, std::move(reason), std::move(message)};
}

std::unique_ptr<Client> Client::open(const ClientOptions &options, const plugin::Call &call, plugin::Status &status) {
  plugin::Status refused;  // the first one: the strongest kind says best what this system lacks
  for (const Namespaces namespaces : {Namespaces::kOwn, Namespaces::kOfUser, Namespaces::kNone}) {
    if (namespaces == Namespaces::kOwn && geteuid() != 0) continue;
    if (!suits(namespaces, options.containment)) continue;
    std::unique_ptr<Client> client(new Client);
    client->connection_ = Connection::open(options.runner, namespaces, status);
    if (client->connection_ != nullptr) status = client->greet(options, call);
    if (status.ok()) return client;
    // Also a namespace that may be made but not mounted in, as in many containers and in a chroot.
    if (namespaces == Namespaces::kNone || status.reason() != "containment.unavailable") return nullptr;
    if (refused.ok()) refused = status;
  }
  status = {refused.code(), refused.reason(),
            refused.message() + "; containment \"auto\" takes what this system allows"};
  return nullptr;
}

plugin::Status Client::greet(const ClientOptions &options, const plugin::Call &call) {
  MessageWriter setup(connection_->out(), FrameType::kSetup);
  setup.number(Tag::kVersion, kProtocolVersion);
  const bool own = connection_->namespaces() != Namespaces::kNone;
  setup.number(Tag::kContainment, static_cast<std::uint64_t>(own ? Containment::kNamespace : options.containment));
  if (own) setup.number(Tag::kNamespace, 1);
  if (connection_->namespaces() == Namespaces::kOfUser) setup.number(Tag::kUserNamespace, 1);
  setup.text(Tag::kPrivateDir, connection_->private_dir());
  if (!options.work_dir.empty()) setup.text(Tag::kWorkDir, options.work_dir);
  setup.number(Tag::kHostPid, static_cast<std::uint64_t>(getpid()));
  if (!setup.finish())
    return {EXECLET_ABI_INVALID_ARGUMENT, "setup.too-large", "the working directory's name is too long"};

  Frame frame;
  plugin::Status status = await(*connection_, call, "it was set up", frame);
  if (!status.ok()) return status;
  if (frame.header.type == FrameType::kFailed) return failure_of(frame);
  if (frame.header.type != FrameType::kHello) return backend_lost();
  return take_hello(frame);
}

plugin::Status Client::take_hello(const Frame &frame) {
  std::uint64_t version = 0;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kVersion) version = field.number();
    if (field.tag == Tag::kContainment) containment_ = static_cast<Containment>(field.number());
    if (field.tag == Tag::kWorkDir) work_path_ = field.value;
    if (field.tag == Tag::kTempDir) temp_path_ = field.value;
    if (field.tag == Tag::kGroup) connection_->add_group(std::string(field.value));
    if (field.tag == Tag::kAbility) abilities_.push_back({field.limit().kind, std::string(field.limit().how)});
  }
  if (version == kProtocolVersion) return {};
  return {EXECLET_ABI_UNAVAILABLE, "runner.version",
          "the runner speaks version " + std::to_string(version) + " of the protocol and this backend version " +
              std::to_string(kProtocolVersion) + "; do both come from one installation?"};
}

plugin::Status Client::reset(const plugin::Call &call) {
  if (call.cancelled() >= EXECLET_ABI_CANCEL_TERMINATE)
    return {EXECLET_ABI_CANCELLED, "start.cancelled", "cancelled before it was reset"};
  MessageWriter message(connection_->out(), FrameType::kReset, kFirstRequestStream);
  (void)message.finish();
  // Right after a run the next one is about to come: both go out together then, and wake the runner once.
  if (monotonic_now() - last_end_ < kCloseBehind) return {};
  return connection_->flush() ? plugin::Status() : backend_lost();
}

plugin::Status Client::run(const plugin::Call &call, const Program &program, const execlet_abi_request &request,
                           execlet_abi_result &result) {
  plugin::Status status = Run(*connection_, call, request, result).execute(program);
  last_end_ = monotonic_now();
  return status;
}

}  // namespace execlet::runner

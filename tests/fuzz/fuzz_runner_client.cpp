// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what a runner answers to a client that sets it up, runs a program and resets it: events and results that
// the host can read, or a status that says that the runner is lost. The client is the real one; launch() hands it one
// end of a socket in which the answers lie already.
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "client.h"
#include "require.h"

namespace execlet::runner {
namespace {

std::string_view answers;  // of the runner that is launched next
int runner_end = -1;

}  // namespace

bool launch(const std::string &, Namespaces namespaces, Launched &out, int &) {
  int ends[2];
  EXECLET_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const ssize_t sent = send(ends[1], answers.data(), answers.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  EXECLET_REQUIRE(answers.empty() || sent > 0);
  shutdown(ends[1], SHUT_WR);
  runner_end = ends[1];  // open, so that what the client says does not fail
  // Readable as the pidfd of a process that has ended.
  out = {ends[0], eventfd(1, EFD_CLOEXEC), -1, namespaces};
  return true;
}

bool may_try_weaker(int) {
  return false;
}

bool reap(int) {
  close(runner_end);
  return true;  // nothing is left of it
}

void reap_later(int process) {
  reap(process);
  close(process);
}

}  // namespace execlet::runner

namespace {

using namespace execlet;

std::string_view view(execlet_abi_str text) {
  EXECLET_REQUIRE(text.size == 0 || text.data != nullptr);
  return {text.data, text.size};
}

// Reads every byte that an event points to, as a host does.
std::size_t bytes_seen = 0;
void look_at(std::string_view text) {
  bytes_seen += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0')) + text.size();
}

execlet_abi_status emit(void *, const execlet_abi_event *event) {
  switch (event->type) {
    case EXECLET_ABI_EVENT_OUTPUT:
      look_at(view(reinterpret_cast<const execlet_abi_output_event *>(event)->data));
      break;
    case EXECLET_ABI_EVENT_ARTIFACT: {
      const auto &artifact = *reinterpret_cast<const execlet_abi_artifact_event *>(event);
      look_at(view(artifact.name));
      look_at(view(artifact.data));
      EXECLET_REQUIRE(artifact.fd == -1);
      break;
    }
    case EXECLET_ABI_EVENT_LIMIT:
      look_at(view(reinterpret_cast<const execlet_abi_limit_event *>(event)->how));
      break;
    case EXECLET_ABI_EVENT_NOTICE:
      look_at(view(reinterpret_cast<const execlet_abi_notice_event *>(event)->code));
      look_at(view(reinterpret_cast<const execlet_abi_notice_event *>(event)->text));
      break;
    case EXECLET_ABI_EVENT_OUTPUT_SKIPPED:
      break;
    default:
      EXECLET_REQUIRE(event->type == EXECLET_ABI_EVENT_STARTED);
  }
  return EXECLET_ABI_OK;
}

execlet_abi_cancel cancelled(void *) {
  return EXECLET_ABI_CANCEL_NONE;
}

// Endless input: as much is sent as the runner gives credit for, up to a bound.
std::uint64_t input_left = 0;
execlet_abi_status read_input(void *, char *buffer, std::uint64_t capacity, std::uint64_t *size) {
  *size = std::min<std::uint64_t>({capacity, input_left, 4096});
  std::fill_n(buffer, *size, 'i');
  input_left -= *size;
  return *size == 0 ? EXECLET_ABI_NOT_FOUND : EXECLET_ABI_OK;
}

void run_and_reset(runner::Client &client, const plugin::Call &call) {
  runner::Program program;
  program.command = {{runner::CommandWord::Kind::kText, "true"}, {runner::CommandWord::Kind::kSnippet, ""}};
  program.environment = {"PATH=/bin"};
  program.snippet_name = "main.py";
  program.snippet = "print(1)";
  execlet_abi_request request{};
  request.struct_size = sizeof request;
  request.flags = EXECLET_ABI_REQUEST_HAS_INPUT;
  request.timeout_ns = 1'000'000'000;
  const execlet_abi_str glob = plugin::borrow("*");
  request.collect = &glob;
  request.collect_count = 1;
  execlet_abi_result result{};
  result.struct_size = sizeof result;
  const plugin::Status status = client.run(call, program, request, result);
  if (status.ok())
    EXECLET_REQUIRE(result.outcome >= EXECLET_ABI_OUTCOME_NONE && result.outcome <= EXECLET_ABI_OUTCOME_CANCELLED);
  else
    EXECLET_REQUIRE(!status.reason().empty());
  (void)client.reset(call);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  runner::answers = {reinterpret_cast<const char *>(data), std::min<std::size_t>(size, 64 * 1024)};
  input_left = 16 * 1024;
  static const int wake_fd = eventfd(1, EFD_CLOEXEC);  // always readable: there is input
  execlet_abi_call table{};
  table.struct_size = sizeof table;
  table.wake_fd = wake_fd;
  table.emit = emit;
  table.cancelled = cancelled;
  table.read_input = read_input;
  const plugin::Call call(&table, nullptr, nullptr);
  plugin::Status status;
  const auto client = runner::Client::open({"/runner", "", runner::Containment::kSubreaper}, call, status);
  EXECLET_REQUIRE(status.ok() == (client != nullptr));
  if (client == nullptr) {
    EXECLET_REQUIRE(!status.reason().empty());
    return 0;
  }
  for (const runner::Client::Ability &ability : client->abilities()) look_at(ability.how);
  run_and_reset(*client, call);
  return 0;
}

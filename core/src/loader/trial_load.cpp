// SPDX-License-Identifier: Apache-2.0
#include "trial_load.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "../base/file_descriptor.h"
#include "../values/text.h"
#include "file_digest.h"
#include "helper_program.h"
#include "installation.h"
#include "load_cache.h"
#include "manifest_reader.h"
#include "probe_report.h"
#include "refusal.h"

extern char **environ;

namespace execlet::core {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kGoodVerdict = "ok\n";
constexpr std::chrono::milliseconds kDeadline(5000);
constexpr std::size_t kMaxKept = 64u << 10;
constexpr int kDeathMs = 2000;

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

// The child's ends are numbered above those they are moved to.
bool make_pipe(Pipe &pipe) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read = FileDescriptor(ends[0]);
  const FileDescriptor low(ends[1]);
  pipe.write = FileDescriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, kProbeReportFd + 1));
  return pipe.write.get() >= 0;
}

class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnAttributes(const SpawnAttributes &) = delete;
  SpawnAttributes &operator=(const SpawnAttributes &) = delete;
  ~SpawnAttributes() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// A session of its own: no terminal to write to, no Ctrl-C, and one group to kill.
int spawn_probe(const std::filesystem::path &probe, const std::filesystem::path &file, const Pipe &report,
                const Pipe &output, pid_t &pid) {
  SpawnAttributes spawn;
  posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&spawn.actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.actions, output.write.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.actions, report.write.get(), kProbeReportFd);
  posix_spawn_file_actions_addclosefrom_np(&spawn.actions, kProbeReportFd + 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);
  posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string program = probe.string();
  std::string argument = file.string();
  char *const argv[] = {program.data(), argument.data(), nullptr};
  return posix_spawn(&pid, probe.c_str(), &spawn.actions, &spawn.attributes, argv, environ);
}

// Appends what is there, up to a bound. False at the end of the stream.
bool drain(int fd, std::string &kept) {
  std::array<char, 4096> block;
  const ssize_t got = read(fd, block.data(), block.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got > 0 && kept.size() < kMaxKept) kept.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

struct Observation {
  std::string report;
  std::string output;
  bool timed_out = false;
};

// Until the report is whole, its stream ends, or the deadline passes. That the stream ends means that the child has
// ended (its fate is then sealed, a later kill does not change it) or closed it on purpose.
Observation observe(int report, int output, Clock::time_point deadline) {
  Observation seen;
  bool output_open = true;
  while (!is_whole_report(seen.report)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      seen.timed_out = true;
      return seen;
    }
    pollfd watched[2] = {{report, POLLIN, 0}, {output_open ? output : -1, POLLIN, 0}};
    if (poll(watched, 2, static_cast<int>(left)) < 0 && errno != EINTR) return seen;
    if (watched[1].revents != 0) output_open = drain(output, seen.output);
    if (watched[0].revents != 0 && !drain(report, seen.report)) break;
  }
  // What was printed before the report is in the pipe by now.
  pollfd rest = {output, POLLIN, 0};
  while (output_open && poll(&rest, 1, 0) > 0 && seen.output.size() < kMaxKept)
    output_open = drain(output, seen.output);
  return seen;
}

Failure ended_without_report(const std::string &file, int status, bool status_known) {
  if (status_known && WIFSIGNALED(status))
    return refusal("probe.crash", file + " crashed with " + signal_text(WTERMSIG(status)) +
                                      " when it was loaded on trial; it is not loaded into this process");
  if (status_known && WIFEXITED(status))
    return refusal("probe.ended", file + " ended the process with exit code " + std::to_string(WEXITSTATUS(status)) +
                                      " when it was loaded on trial");
  return refusal("probe.ended", file + " ended the process when it was loaded on trial");
}

// False if its fate is not known: the host may ignore SIGCHLD or reap every child, and one that does not die is not
// waited for.
bool kill_and_wait(pid_t pid, int &status) {
  const FileDescriptor handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  kill(-pid, SIGKILL);
  pollfd ended = {handle.get(), POLLIN, 0};
  while (handle && poll(&ended, 1, kDeathMs) < 0 && errno == EINTR) {
  }
  return waitpid(pid, &status, handle ? WNOHANG : 0) == pid;
}

std::vector<Failure> run_trial(const std::filesystem::path &probe, const std::filesystem::path &file,
                               std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  Pipe report;
  Pipe output;
  pid_t pid = -1;
  int error = make_pipe(report) && make_pipe(output) ? 0 : errno;
  if (error == 0) error = spawn_probe(probe, file, report, output, pid);
  if (error != 0)
    return {refusal("probe.start",
                    "the trial load cannot start " + probe.string() + ": " + std::generic_category().message(error))};
  report.write.reset();
  output.write.reset();

  const Observation seen = observe(report.read.get(), output.read.get(), end);
  int status = 0;
  const bool status_known = kill_and_wait(pid, status);

  const std::string name = file.string();
  std::vector<Failure> problems;
  if (seen.timed_out)
    problems.push_back(refusal("probe.hang", name + " did not finish loading within " +
                                                 std::to_string(deadline.count() / 1000.0) +
                                                 " s on trial; it is not loaded into this process"));
  else if (!is_whole_report(seen.report))
    problems.push_back(ended_without_report(name, status, status_known));
  else
    problems = parse_report(seen.report);
  if (!seen.output.empty())
    problems.push_back(refusal("probe.output", name + " prints when it is loaded, which a plugin must not: \"" +
                                                   printable(seen.output.substr(0, seen.output.find('\n'))) + "\""));
  return problems;
}

}  // namespace

Result<void> try_load(const std::filesystem::path &probe, const std::filesystem::path &file,
                      std::chrono::milliseconds deadline) {
  std::vector<Failure> problems = run_trial(probe, file, deadline);
  if (!problems.empty()) return std::move(problems.front());
  return {};
}

std::vector<Failure> trial_problems(const std::filesystem::path &file) {
  const Result<std::filesystem::path> probe = find_helper("execlet-probe");
  if (!probe) return {probe.failure()};
  return run_trial(*probe, file, kDeadline);
}

Result<void> ensure_tried(const RegularFile &file) {
  Result<std::string> digest = file_digest(file);
  if (!digest) return std::move(digest).failure();
  const std::string entry = *digest + "-" + core_build_id();
  if (const auto known = read_load_cache(entry); known && *known == kGoodVerdict) return {};
  Result<std::filesystem::path> probe = find_helper("execlet-probe");
  if (!probe) return std::move(probe).failure();
  Result<void> verdict = try_load(*probe, file.path(), kDeadline);
  if (verdict) write_load_cache(entry, kGoodVerdict);
  return verdict;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "doctor.h"
#include "json_text.h"

extern char **environ;

namespace execlet::cli {
namespace json = boost::json;
namespace {

constexpr int kPatienceMs = 10'000;

struct Answer {
  std::string text;     // the first line that it printed
  std::string problem;  // why there is none
};

// Starts `program --version`, which must answer at once.
Answer ask_version(const std::string &program) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {"", std::strerror(errno)};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  std::string name = program, flag = "--version";
  char *arguments[] = {name.data(), flag.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  Answer out;
  if (error != 0) {
    close(ends[0]);
    return {"", std::string("cannot be started: ") + std::strerror(error)};
  }
  pollfd watched = {ends[0], POLLIN, 0};
  char block[128];
  const ssize_t got = poll(&watched, 1, kPatienceMs) > 0 ? read(ends[0], block, sizeof block) : -1;
  close(ends[0]);
  if (got > 0) out.text.assign(block, static_cast<std::size_t>(got));
  out.text.resize(std::min(out.text.find('\n'), out.text.size()));
  if (got < 0) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (got < 0) out.problem = "does not answer to --version";
  if (WIFSIGNALED(status) && got >= 0) out.problem = std::string("ended by ") + strsignal(WTERMSIG(status));
  if (out.problem.empty() && (WEXITSTATUS(status) != 0 || out.text.empty())) out.problem = "has no --version";
  return out;
}

json::object examine_helper(const json::object &helper, const std::string &version) {
  json::object out = helper;
  out["version"] = "";
  const std::string path = text_at(helper, "path");
  if (path.empty()) return out;
  const Answer answer = ask_version(path);
  out["version"] = answer.text;
  if (!answer.problem.empty()) {
    out["problem"] = path + " " + answer.problem + "; install execlet again";
  } else if (answer.text != version) {
    out["problem"] = path + " is of version " + answer.text + ", the library of version " + version +
                     "; install both from one build";
  }
  return out;
}

}  // namespace

json::object examine_installation() {
  json::object out = parse_object(installation_json());
  const std::string version = text_at(out, "version");
  json::array helpers;
  for (const json::value &helper : list_at(out, "helpers")) {
    if (helper.is_object()) helpers.push_back(examine_helper(helper.get_object(), version));
  }
  out["helpers"] = std::move(helpers);
  return out;
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
#include "process_state.h"

#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "../../values/text.h"

extern char **environ;

namespace execlet::core {
namespace {

std::string line_of_status(const std::string &key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, key.size(), key) == 0) return line;
  return {};
}

std::size_t count_threads() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return error ? 0 : static_cast<std::size_t>(std::distance(tasks, std::filesystem::directory_iterator()));
}

// Without reaping it, should there be one.
bool has_child() {
  siginfo_t info = {};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace

ProcessState ProcessState::take() {
  ProcessState state;
  std::array<char, PATH_MAX> directory = {};
  if (getcwd(directory.data(), directory.size()) != nullptr) state.directory_ = directory.data();
  const char *locale = setlocale(LC_ALL, nullptr);
  if (locale != nullptr) state.locale_ = locale;
  state.status_mask_ = line_of_status("Umask:");
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) state.environment_.emplace_back(*entry);
  std::sort(state.environment_.begin(), state.environment_.end());
  sigemptyset(&state.blocked_);
  sigprocmask(SIG_BLOCK, nullptr, &state.blocked_);
  for (int number = 1; number < static_cast<int>(state.handlers_.size()); ++number) {
    struct sigaction action = {};
    if (sigaction(number, nullptr, &action) == 0)
      state.handlers_[static_cast<std::size_t>(number)] = {reinterpret_cast<void *>(action.sa_handler),
                                                           action.sa_flags};
  }
  for (int fd = 0; fd < static_cast<int>(state.streams_.size()); ++fd) {
    struct stat status = {};
    if (fstat(fd, &status) == 0) state.streams_[static_cast<std::size_t>(fd)] = {status.st_dev, status.st_ino};
  }
  state.threads_ = count_threads();
  state.has_child_ = has_child();
  return state;
}

std::vector<std::string> ProcessState::differences(const ProcessState &later) const {
  std::vector<std::string> found;
  const auto compare = [&](bool is_same, const std::string &words) {
    if (!is_same) found.push_back(words);
  };
  compare(directory_ == later.directory_, "the working directory");
  compare(locale_ == later.locale_, "the locale");
  compare(status_mask_ == later.status_mask_, "the umask");
  compare(environment_ == later.environment_, "the environment");
  compare(memcmp(&blocked_, &later.blocked_, sizeof blocked_) == 0, "the signal mask");
  for (std::size_t number = 1; number < handlers_.size(); ++number)
    compare(handlers_[number] == later.handlers_[number], "the handling of " + signal_text(static_cast<int>(number)));
  constexpr std::array<const char *, 3> kStreams = {"standard input", "standard output", "standard error"};
  for (std::size_t fd = 0; fd < streams_.size(); ++fd) compare(streams_[fd] == later.streams_[fd], kStreams[fd]);
  compare(later.threads_ <= threads_, "the number of threads: one is left behind");
  compare(later.has_child_ == has_child_, "its children: one is left behind");
  return found;
}

}  // namespace execlet::core

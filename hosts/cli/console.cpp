// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <execlet/execlet.hpp>
#include <string>

namespace execlet::cli {
namespace {

constexpr std::size_t kBarWidth = 30;
constexpr std::chrono::milliseconds kProgressPause(50);

bool progress_shown = false;
std::chrono::steady_clock::time_point progress_time;

bool can_show_progress() {
  static const bool can = [] {
    const char *terminal = std::getenv("TERM");
    return stderr_is_terminal() && terminal != nullptr && std::string_view(terminal) != "dumb";
  }();
  return can;
}

// A line that is wider would leave pieces behind. 80 where the terminal does not say.
std::size_t terminal_width() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// Newlines stay: some messages have several lines.
std::string visible(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out;
}

// What somebody gave us can be of any size, a line is for reading: the middle of a very long word is left out.
std::string abridged(std::string_view text) {
  constexpr std::size_t kMostOfWord = 512;
  constexpr std::size_t kBegin = 200, kEnd = 60;
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    std::string_view word = text.substr(0, end);
    if (word.size() > kMostOfWord) {
      const auto inside_letter = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
      std::size_t begin = kBegin, rest = word.size() - kEnd;
      while (inside_letter(word[begin])) --begin;
      while (rest < word.size() && inside_letter(word[rest])) ++rest;
      out.append(word.substr(0, begin)).append("…").append(word.substr(rest));
    } else {
      out.append(word);
    }
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void line(std::string_view message, const char *colour) {
  clear_progress();
  std::string out;
  if (use_colour()) {
    out = std::string(colour) + "execlet:\033[0m ";
  } else {
    out = "execlet: ";
  }
  out += visible(abridged(message));
  out += '\n';
  write_all(STDERR_FILENO, out);
}

}  // namespace

bool stderr_is_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  return terminal;
}

bool use_colour() {
  const char *no_colour = std::getenv("NO_COLOR");
  return stderr_is_terminal() && (no_colour == nullptr || *no_colour == '\0');
}

void say(std::string_view message) {
  line(message, "\033[1m");
}

void complain(std::string_view message) {
  line(message, "\033[1;31m");
}

void show_progress(std::string_view stage, std::string_view text, std::uint64_t current, std::uint64_t total) {
  if (!can_show_progress()) {
    return;
  }
  // A pull tells of every block: what nobody can read need not be drawn.
  const auto now = std::chrono::steady_clock::now();
  if (progress_shown && now < progress_time + kProgressPause && current < total) {
    return;
  }
  progress_time = now;
  std::string out = visible(stage) + " ";
  if (total != 0) {
    const std::uint64_t share = std::min(current, total) * 100 / total;
    std::string bar(kBarWidth, ' ');
    std::fill_n(bar.begin(), share * kBarWidth / 100, '#');
    out += "[" + bar + "] " + (share < 10 ? "  " : share < 100 ? " " : "") + std::to_string(share) + "% ";
  }
  out += visible(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  write_all(STDERR_FILENO, "\r\033[K" + out.substr(0, terminal_width() - 1));
  progress_shown = true;
}

void clear_progress() {
  if (progress_shown) {
    write_all(STDERR_FILENO, "\r\033[K");
    progress_shown = false;
  }
}

void print(std::string_view text) {
  if (!write_all(STDOUT_FILENO, text)) {
    const std::string reason = std::strerror(errno);
    throw InternalError(Status::kInternalError,
                        Failure{"cli.stdout", "cannot write to stdout: " + reason, "{}", false, false});
  }
}

}  // namespace execlet::cli

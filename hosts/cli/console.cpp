// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <execlet/execlet.hpp>
#include <string>

namespace execlet::cli {
namespace {

bool progress_shown = false;

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

void line(std::string_view message, const char *colour) {
  clear_progress();
  std::string out;
  if (use_colour()) {
    out = std::string(colour) + "execlet:\033[0m ";
  } else {
    out = "execlet: ";
  }
  out += visible(message);
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
  if (!stderr_is_terminal()) {
    return;
  }
  std::string out = "\r\033[K" + visible(stage);
  if (total != 0) {
    out += " " + std::to_string(current * 100 / total) + "%";
  }
  out += " " + visible(text);
  write_all(STDERR_FILENO, out);
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

// SPDX-License-Identifier: Apache-2.0
#include "small_file.h"

#include <fcntl.h>

#include <cerrno>

#include "descriptor.h"

namespace execlet::runner {

std::string read_small_file(const std::string &path) {
  constexpr std::size_t kMaxSize = 1024 * 1024;
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!file) return text;
  char buffer[4096];
  while (text.size() < kMaxSize) {
    const ssize_t size = read(file.get(), buffer, sizeof buffer);
    if (size <= 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

int write_small_file(const std::string &path, std::string_view text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  return write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

unsigned long long number_after(std::string_view text, std::string_view key) {
  std::size_t at = 0;
  if (!key.empty()) {
    // The key must begin a line: "oom_kill " is also part of "foo_oom_kill ".
    while ((at = text.find(key, at)) != std::string_view::npos && at > 0 && text[at - 1] != '\n') ++at;
    if (at == std::string_view::npos) return 0;
    at += key.size();
  }
  unsigned long long value = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    value = value * 10 + static_cast<unsigned>(text[at] - '0');
  return value;
}

}  // namespace execlet::runner

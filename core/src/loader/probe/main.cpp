// SPDX-License-Identifier: Apache-2.0
//
// execlet-probe FILE: loads a plugin, takes its table, runs its init and deinit, and reports through descriptor 3 (or
// stdout where that is not open). Whatever the library does wrong happens here instead of in somebody's host.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "../dynamic_library.h"
#include "../handshake.h"
#include "../plugin_file.h"
#include "../plugin_init.h"
#include "../probe_report.h"

namespace {

using execlet::core::Result;

constexpr unsigned kBackstopSeconds = 30;

Result<void> probe(const std::filesystem::path &path) {
  auto file = execlet::core::RegularFile::open(path);
  if (!file) return std::move(file).failure();
  auto elf = execlet::core::ElfFile::open(*file);
  if (!elf) return std::move(elf).failure();
  auto manifest = execlet::core::read_manifest_text(*elf, *file);
  if (!manifest) return std::move(manifest).failure();
  auto entry = execlet::core::load_entry(path);
  if (!entry) return std::move(entry).failure();
  execlet::core::TableExpectation expected;
  expected.file = path.string();
  expected.manifest_text = *std::move(manifest);
  auto table = execlet::core::request_table(*entry, expected);
  if (!table) return std::move(table).failure();
  if (auto ready = execlet::core::init_plugin(**table, expected.file); !ready) return ready;
  if ((*table)->init != nullptr && (*table)->deinit != nullptr) (*table)->deinit();
  return {};
}

bool write_all(int fd, const std::string &text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t written = write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: execlet-probe PLUGIN.so\n");
    return 2;
  }
  // With the parent gone (also before this line) nobody else would end a library that hangs.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(kBackstopSeconds);
  // A crash is expected here and leaves no core file.
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);

  const bool has_parent = fcntl(execlet::core::kProbeReportFd, F_GETFD) >= 0;
  if (has_parent) fcntl(execlet::core::kProbeReportFd, F_SETFD, FD_CLOEXEC);
  std::error_code error;
  const Result<void> verdict = probe(std::filesystem::absolute(argv[1], error));
  std::fflush(nullptr);  // what the library printed must arrive before the verdict
  const bool reported =
      write_all(has_parent ? execlet::core::kProbeReportFd : STDOUT_FILENO, execlet::core::format_report(verdict));
  _exit(verdict && reported ? 0 : 1);
}

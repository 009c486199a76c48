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
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../base/write_all.h"
#include "../dynamic_library.h"
#include "../handshake.h"
#include "../plugin_file.h"
#include "../plugin_init.h"
#include "../probe_report.h"
#include "../refusal.h"
#include "process_state.h"

namespace {

using execlet::core::ElfFile;
using execlet::core::Failure;
using execlet::core::Manifest;
using execlet::core::ProcessState;
using execlet::core::RegularFile;

constexpr unsigned kBackstopSeconds = 30;

// The dynamic linker names one missing library at a time. What this file would find by a search path of its own is not
// asked for by name alone.
std::vector<Failure> load_failures(const Failure &first, const ElfFile &elf, const std::filesystem::path &path) {
  if (first.reason != "load.dependency" || elf.has_search_path()) return {first};
  const auto needed = elf.needed();
  if (!needed) return {first};
  std::vector<Failure> all = execlet::core::missing_dependencies(path, *needed);
  return all.empty() ? std::vector<Failure>{first} : all;
}

// What it did to this process by now.
void check_side_effects(const ProcessState &before, const std::string &file, std::vector<Failure> &problems) {
  // A thread that was joined is still listed for a moment.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  std::vector<std::string> found = before.differences(ProcessState::take());
  while (!found.empty() && std::chrono::steady_clock::now() < limit) found = before.differences(ProcessState::take());
  if (found.empty()) return;
  std::string all;
  for (const std::string &one : found) all += (all.empty() ? "" : ", ") + one;
  problems.push_back(execlet::core::refusal(
      "probe.side-effects", file + " changes what belongs to its host when it is loaded or set up: " + all));
}

std::vector<Failure> probe(const std::filesystem::path &path) {
  auto file = RegularFile::open(path);
  if (!file) return {std::move(file).failure()};
  auto elf = ElfFile::open(*file);
  if (!elf) return {std::move(elf).failure()};
  auto manifest_text = execlet::core::read_manifest_text(*elf, *file);
  if (!manifest_text) return {std::move(manifest_text).failure()};
  const ProcessState before = ProcessState::take();
  auto entry = execlet::core::load_entry(path);
  if (!entry) return load_failures(entry.failure(), *elf, path);

  execlet::core::TableExpectation expected;
  expected.file = path.string();
  // What is wrong with the manifest itself was found by whoever asked for the trial.
  if (const auto manifest = Manifest::parse(*manifest_text)) {
    expected.name = manifest->name;
    expected.needs_reset = manifest->capabilities.reset != execlet::core::Reset::kNone;
  }
  expected.manifest_text = *std::move(manifest_text);
  std::vector<Failure> problems;
  const execlet_abi_plugin *table = execlet::core::inspect_table(*entry, expected, problems);
  if (table != nullptr) {
    auto ready = execlet::core::init_plugin(*table, expected.file);
    if (!ready)
      problems.push_back(std::move(ready).failure());
    else if (table->init != nullptr && table->deinit != nullptr)
      table->deinit();
  }
  check_side_effects(before, expected.file, problems);
  return problems;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: execlet-probe PLUGIN.so | --version\n");
    return 2;
  }
  if (std::string_view(argv[1]) == "--version") return std::puts(EXECLET_VERSION) < 0;
  // With the parent gone (also before this line) nobody else would end a library that hangs.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(kBackstopSeconds);
  // A crash is expected here and leaves no core file.
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);

  const bool has_parent = fcntl(execlet::core::kProbeReportFd, F_GETFD) >= 0;
  if (has_parent) fcntl(execlet::core::kProbeReportFd, F_SETFD, FD_CLOEXEC);
  std::error_code error;
  const std::vector<Failure> problems = probe(std::filesystem::absolute(argv[1], error));
  std::fflush(nullptr);  // what the library printed must arrive before the verdict
  const bool reported = execlet::core::write_all(has_parent ? execlet::core::kProbeReportFd : STDOUT_FILENO,
                                                 execlet::core::format_report(problems));
  _exit(problems.empty() && reported ? 0 : 1);
}

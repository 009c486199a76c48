// SPDX-License-Identifier: Apache-2.0
//
// execlet-bench [--quick] [GROUP…]: measures, prints one table, and ends with 1 if a target was missed (not with
// --quick).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>

#include "rows.h"

namespace {

using execlet::bench::Row;
using execlet::bench::Setup;

const std::vector<std::pair<std::string, std::vector<Row> (*)(const Setup &)>> &groups() {
  // core comes first: what it says about the host's memory holds for a process that has done nothing else.
  static const std::vector<std::pair<std::string, std::vector<Row> (*)(const Setup &)>> all = {
      {"core", execlet::bench::core_rows},         {"discovery", execlet::bench::discovery_rows},
      {"spawn", execlet::bench::spawn_rows},       {"throughput", execlet::bench::throughput_rows},
      {"deadline", execlet::bench::deadline_rows}, {"kill", execlet::bench::kill_rows},
      {"output", execlet::bench::output_rows},     {"lifetime", execlet::bench::lifetime_rows},
  };
  return all;
}

int run(int argc, char **argv) {
  if (argc == 4 && std::strcmp(argv[1], "--fork-bomb") == 0)
    return execlet::bench::fork_bomb_main(std::atoi(argv[2]), argv[3]);

  if (argc == 3 && std::strcmp(argv[1], "--discover") == 0) return execlet::bench::discovery_main(argv[2]);

  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  Setup setup{false, self.parent_path(), self.parent_path().parent_path() / "bench-plugins"};
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      setup.quick = true;
      continue;
    }
    if (std::none_of(groups().begin(), groups().end(), [&](const auto &group) { return group.first == argv[i]; })) {
      std::fprintf(stderr, "usage: execlet-bench [--quick] [GROUP…]\ngroups:");
      for (const auto &group : groups()) std::fprintf(stderr, " %s", group.first.c_str());
      std::fprintf(stderr, "\n");
      return 2;
    }
    wanted.emplace_back(argv[i]);
  }

  std::vector<Row> rows;
  for (const auto &[name, measure] : groups()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    std::fprintf(stderr, "measuring %s\n", name.c_str());
    for (Row &row : measure(setup)) rows.push_back(std::move(row));
  }
  print_table(rows);
  const bool met = std::all_of(rows.begin(), rows.end(), [](const Row &row) { return row.met; });
  return met || setup.quick ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception &failed) {
    std::fprintf(stderr, "execlet-bench: %s\n", failed.what());
    return 1;
  }
}

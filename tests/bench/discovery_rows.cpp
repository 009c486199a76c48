// SPDX-License-Identifier: Apache-2.0
//
// A hundred plugins in one directory: how long a fresh process takes to know them, and what they cost it in memory.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "../support/temp_dir.h"
#include "embedded.h"
#include "rows.h"

extern char **environ;

namespace execlet::bench {
namespace {

constexpr int kPlugins = 100;

// Copies of the no-op plugin under names of their own; removed with the object.
class PluginDirectory {
 public:
  explicit PluginDirectory(const std::string &original) {
    const std::string bytes = test::read_whole_file(original);
    const std::string name = "\"name\": \"noop\"";
    const std::size_t at = bytes.find(name);
    if (at == std::string::npos) fail("no manifest in " + original);
    for (int i = 0; i < kPlugins; ++i) {
      char other[8];
      std::snprintf(other, sizeof other, "n%03d", i);
      std::string copy = bytes;
      copy.replace(at + name.size() - 5, 4, other);
      directory_.write(std::string(other) + ".so", copy);
    }
  }
  const char *path() const { return directory_.path().c_str(); }

 private:
  const test::TempDir directory_;
};

struct Discovery {
  double seconds;
  double bytes;
};

// In a process of this program, see discovery_main.
Discovery discover(const char *directory) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  const char *argv[] = {"execlet-bench", "--discover", directory, nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, const_cast<char *const *>(argv), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) fail("cannot start itself");
  char text[128] = {};
  const ssize_t size = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  Discovery found{};
  if (status != 0 || size <= 0 || std::sscanf(text, "%lf %lf", &found.seconds, &found.bytes) != 2)
    fail("the process that discovers plugins failed");
  return found;
}

}  // namespace

int discovery_main(const char *directory) {
  const double before = resident_bytes();
  const double begin = now();
  const Runtime runtime = open_runtime(directory);
  execlet_text *const plugins = execlet_runtime_plugins_json(runtime.get());
  const double took = now() - begin;
  const double grown = resident_bytes() - before;
  const std::string text = execlet_text_data(plugins);
  execlet_text_free(plugins);
  int found = 0;
  for (std::size_t at = text.find("\"n0"); at != std::string::npos; at = text.find("\"n0", at + 1)) ++found;
  if (found < kPlugins) fail("not all plugins were discovered: " + text.substr(0, 2000));
  std::printf("%.9f %.0f\n", took, grown);
  return 0;
}

std::vector<Row> discovery_rows(const Setup &setup) {
  const PluginDirectory directory(setup.plugin_dir + "/noop.so");
  std::vector<double> times, sizes;
  for (int i = 0; i < setup.rounds(50); ++i) {
    const Discovery found = discover(directory.path());
    times.push_back(found.seconds);
    sizes.push_back(found.bytes);
  }
  const double took = median(std::move(times)) * 1e3, grown = median(std::move(sizes)) / (1 << 20);
  return {at_most("100 plugins discovered, the runtime opened", "-", number(took, "ms"), took, 10, "ms"),
          at_most("host's memory growth by that", "-", number(grown, "MiB"), grown, 3, "MiB")};
}

}  // namespace execlet::bench

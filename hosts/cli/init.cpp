// SPDX-License-Identifier: Apache-2.0
//
// `execlet init`: a commented configuration to start from.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <execlet/execlet.hpp>
#include <string_view>

#include "console.h"
#include "verbs.h"

namespace execlet::cli {
namespace {

constexpr std::string_view kStarter = R"({
  // Executors are named uses of a backend; `execlet run -e NAME` picks one, this one is used without -e.
  "default": "py",

  // Directories with further plugins (a plugin is one .so file).
  // "plugin_dirs": ["./plugins"],

  "executors": {
    "py": {
      // `execlet plugins list` shows the backends, `execlet plugins info local` the options of one.
      "backend": "local",
      "options": {
        // Relative to this file, created if missing; without it every run has a private directory that is removed.
        "work_dir": "./workspace",
        "executors": ["python", "bash", "javascript"],
        // Seconds of wall time for a run.
        "timeout": 30
      }
    }
  }
}
)";

}  // namespace

int init(const Arguments &arguments) {
  const InitOptions options = parse_init(arguments);
  const int fd = open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0 && errno == EEXIST) {
    invalid_request("cli.file",
                    options.file + " exists already and was not touched; name another file: execlet init FILE");
  }
  if (fd < 0) {
    invalid_request("cli.file", "cannot write " + options.file + ": " + std::strerror(errno));
  }
  const ssize_t wrote = write(fd, kStarter.data(), kStarter.size());
  const int reason = errno;
  close(fd);
  if (wrote != static_cast<ssize_t>(kStarter.size())) {
    unlink(options.file.c_str());
    invalid_request("cli.file", "cannot write " + options.file + ": " + std::strerror(reason));
  }
  print("wrote " + options.file + "\n");
  say("next: execlet config check --config " + options.file);
  return 0;
}

}  // namespace execlet::cli

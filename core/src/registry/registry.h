// SPDX-License-Identifier: Apache-2.0
//
// Which backends exist: every plugin directory in order of precedence, every candidate file in it, and why each was
// taken or not. Discovery reads files only; a library is loaded when its backend is first used.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../loader/manifest.h"
#include "../loader/plugin_library.h"

namespace execlet::core {

struct SearchDirectory {
  std::filesystem::path path;
  std::string origin;  // where it was named: "--plugin-dir", "config plugin_dirs", "EXECLET_PLUGIN_PATH", "built in", …
};

struct Candidate {
  std::filesystem::path file;
  std::optional<Manifest> manifest;  // empty if it could not be read
  enum class State { kUsable, kShadowed, kRefused } state = State::kUsable;
  std::string reason;   // dotted word when not usable: "manifest.missing", "trust.world-writable", "registry.shadowed"
  std::string message;  // one line when not usable
};

struct DirectoryReport {
  SearchDirectory directory;
  bool exists = false;
  std::string refusal;  // why the whole directory is not used; empty = it is
  std::vector<std::string> warnings;
  std::vector<Candidate> candidates;
};

// Thread-safe.
class Registry {
 public:
  explicit Registry(std::vector<SearchDirectory> directories);

  // Scans at first use, and once more when `name` is unknown. The failure lists the directories searched, near names
  // and refused candidates of that name.
  // A name that was loaded once stays with that library and its manifest, whatever happens to the files.
  // What could not be loaded is told by report(), too, until it can be or the next rescan().
  Result<Manifest> manifest(std::string_view name);
  Result<const PluginLibrary *> load(std::string_view name);

  void rescan();
  std::vector<DirectoryReport> report();

 private:
  struct Loaded {
    const PluginLibrary *library;
    Manifest manifest;
  };

  struct Choice {
    std::filesystem::path file;
    Manifest manifest;
  };

  Result<Choice> choose(std::string_view name);
  Result<const PluginLibrary *> load(const Choice &choice);
  const PluginLibrary *find_loaded(std::string_view name);
  // These need the lock.
  void scan();
  const Candidate *find(std::string_view name) const;
  const Candidate *find_or_scan(std::string_view name);

  std::vector<SearchDirectory> directories_;
  std::mutex mutex_;
  bool scanned_ = false;
  std::vector<DirectoryReport> reports_;
  std::map<std::string, Loaded, std::less<>> loaded_;
  std::map<std::filesystem::path, Failure> load_failures_;
};

// --plugin-dir, config `plugin_dirs`, $EXECLET_PLUGIN_PATH, user data directory, /usr/local/lib/execlet/plugins, the
// installed directory; in this order, without duplicates. The environment is ignored in a set-user-id program.
std::vector<SearchDirectory> plugin_search_path(const std::vector<std::string> &explicit_dirs,
                                                const std::vector<std::string> &config_dirs);

}  // namespace execlet::core

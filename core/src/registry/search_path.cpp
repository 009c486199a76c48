// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "../loader/installation.h"
#include "registry.h"

namespace execlet::core {
namespace {

namespace fs = std::filesystem;

class SearchPath {
 public:
  void add(const fs::path &directory, std::string origin) {
    if (directory.empty()) return;
    std::error_code error;
    fs::path path = fs::absolute(directory, error).lexically_normal();
    if (error) path = directory;
    // "/a/" and "/a" are the same.
    if (!path.has_filename() && path != path.root_path()) path = path.parent_path();
    const bool known =
        std::any_of(found_.begin(), found_.end(), [&](const SearchDirectory &earlier) { return earlier.path == path; });
    if (!known) found_.push_back({std::move(path), std::move(origin)});
  }
  std::vector<SearchDirectory> take() { return std::move(found_); }

 private:
  std::vector<SearchDirectory> found_;
};

fs::path user_data_directory() {
  if (const char *data = secure_getenv("XDG_DATA_HOME"); data != nullptr && data[0] == '/') return data;
  if (const char *home = secure_getenv("HOME"); home != nullptr && home[0] == '/')
    return fs::path(home) / ".local" / "share";
  return {};
}

}  // namespace

std::vector<SearchDirectory> plugin_search_path(const std::vector<std::string> &explicit_dirs,
                                                const std::vector<std::string> &config_dirs) {
  SearchPath path;
  for (const std::string &directory : explicit_dirs) path.add(directory, "--plugin-dir");
  for (const std::string &directory : config_dirs) path.add(directory, "config plugin_dirs");
  if (const char *list = secure_getenv("EXECLET_PLUGIN_PATH"); list != nullptr) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      path.add(std::string(rest.substr(0, end)), "EXECLET_PLUGIN_PATH");
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (const fs::path data = user_data_directory(); !data.empty())
    path.add(data / "execlet" / "plugins", "user data directory");
  path.add("/usr/local/lib/execlet/plugins", "local administrator");
  for (const fs::path &directory : installation_directories()) {
    std::error_code error;
    if (!fs::is_directory(directory / "plugins", error)) continue;
    path.add(directory / "plugins", "built in");
    break;
  }
  return path.take();
}

}  // namespace execlet::core

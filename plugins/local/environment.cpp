// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace execlet::local {
namespace {

constexpr const char *kInherited[] = {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME"};
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

void set(std::vector<std::string> &entries, std::string_view entry) {
  const std::string_view name = entry.substr(0, entry.find('=') + 1);
  const auto same = std::find_if(entries.begin(), entries.end(),
                                 [&](const std::string &other) { return other.compare(0, name.size(), name) == 0; });
  if (same != entries.end())
    *same = entry;
  else
    entries.emplace_back(entry);
}

std::string_view value_of(const std::vector<std::string> &entries, std::string_view name) {
  for (const std::string &entry : entries)
    if (entry.size() > name.size() && entry.compare(0, name.size(), name) == 0 && entry[name.size()] == '=')
      return std::string_view(entry).substr(name.size() + 1);
  return {};
}

}  // namespace

std::vector<std::string> base_environment(const Options &options, const std::string &temp_path) {
  std::vector<std::string> entries;
  const auto inherit = [&](const char *name) {
    if (const char *value = std::getenv(name)) set(entries, std::string(name) + '=' + value);
  };
  for (const char *name : kInherited) inherit(name);
  if (value_of(entries, "PATH").empty()) set(entries, "PATH=" + std::string(kDefaultPath));
  set(entries, "TMPDIR=" + temp_path);
  for (const std::string &name : options.pass_env) inherit(name.c_str());
  for (const auto &[name, value] : options.env_vars) set(entries, name + '=' + value);
  return entries;
}

std::vector<std::string> program_environment(std::vector<std::string> base, std::string_view program,
                                             const execlet_abi_request &request) {
  if (const std::size_t slash = program.rfind('/'); slash != std::string_view::npos && slash > 0)
    set(base, "PATH=" + std::string(program.substr(0, slash)) + ':' + std::string(value_of(base, "PATH")));
  for (std::uint64_t i = 0; i < request.env_count; ++i) set(base, plugin::view(request.env[i]));
  return base;
}

std::string find_program(const std::string &program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0 ? program : std::string();
  const char *variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : kDefaultPath;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, end)) + '/' + program;
    if (end > 0 && access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

}  // namespace execlet::local

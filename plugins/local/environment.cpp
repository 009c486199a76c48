// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace execlet::local {
namespace {

constexpr const char *kInherited[] = {"PATH",        "HOME",       "LANG",    "LANGUAGE",   "LC_ALL",
                                      "LC_CTYPE",    "LC_COLLATE", "LC_TIME", "LC_NUMERIC", "LC_MONETARY",
                                      "LC_MESSAGES", "TZ",         "USER",    "LOGNAME",    "SHELL"};
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// Puts "NAME=VALUE" in the place of another value of NAME, or at the end.
template <class Entry>
void set(std::vector<Entry> &entries, std::string_view entry) {
  const std::string_view name = entry.substr(0, entry.find('=') + 1);
  const auto same = std::find_if(entries.begin(), entries.end(),
                                 [&](const Entry &other) { return other.compare(0, name.size(), name) == 0; });
  if (same != entries.end())
    *same = entry;
  else
    entries.emplace_back(entry);
}

template <class Entry>
std::string_view value_of(const std::vector<Entry> &entries, std::string_view name) {
  for (const std::string_view entry : entries)
    if (entry.size() > name.size() && entry.compare(0, name.size(), name) == 0 && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  return {};
}

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? std::string() : std::string(path.substr(0, slash));
}

// "PATH=…" with `directory` at the front; empty if it is there already.
template <class Entry>
std::string path_with_first(const std::vector<Entry> &entries, const std::string &directory) {
  const std::string path(value_of(entries, "PATH"));
  if ((path + ':').compare(0, directory.size() + 1, directory + ':') == 0) return {};
  return "PATH=" + directory + ':' + path;
}

// An interpreter of a virtualenv makes it the environment of all languages, as activating it would: a script in sh
// then finds its python and pip.
void activate_virtualenv(std::vector<std::string> &entries, const Options &options) {
  for (const Language &language : options.languages) {
    const std::string bin = directory_of(language.program), root = directory_of(bin);
    if (root.empty() || access((root + "/pyvenv.cfg").c_str(), F_OK) != 0) continue;
    if (const std::string path = path_with_first(entries, bin); !path.empty()) set(entries, path);
    set(entries, "VIRTUAL_ENV=" + root);
    return;
  }
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
  for (const auto &[name, value] : options.env_vars) set(entries, std::string(name).append("=").append(value));
  activate_virtualenv(entries, options);
  return entries;
}

std::vector<std::string_view> program_environment(const std::vector<std::string> &base, std::string_view program,
                                                  const execlet_abi_request &request, std::string &path_entry) {
  std::vector<std::string_view> entries;
  entries.reserve(base.size() + static_cast<std::size_t>(request.env_count) + 1);
  entries.assign(base.begin(), base.end());
  if (const std::string directory = directory_of(program); !directory.empty()) {
    path_entry = path_with_first(base, directory);
    if (!path_entry.empty()) set(entries, path_entry);
  }
  for (std::uint64_t i = 0; i < request.env_count; ++i) set(entries, plugin::view(request.env[i]));
  return entries;
}

std::string search_path(const Options &options) {
  if (const auto own = options.env_vars.find("PATH"); own != options.env_vars.end()) return own->second;
  const char *variable = std::getenv("PATH");
  return std::string(variable != nullptr && *variable != 0 ? variable : kDefaultPath);
}

std::string find_program(const std::string &program, std::string_view path) {
  struct stat status {};
  const auto runs = [&](const std::string &file) {
    return stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) return runs(program) ? program : std::string();
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    std::string candidate = std::string(path.substr(0, end)) + '/' + program;
    if (end > 0 && runs(candidate)) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

}  // namespace execlet::local

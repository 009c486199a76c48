// SPDX-License-Identifier: Apache-2.0
#include "helper_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "installation.h"
#include "refusal.h"

namespace execlet::core {
namespace {

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_program(const std::filesystem::path &file) {
  struct stat status = {};
  return stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::filesystem::path> find_helper(std::string_view name) {
  if (!is_helper_name(name)) return refusal("helper.name", "a helper program was asked for by an impossible name");
  const char *chosen = secure_getenv("EXECLET_LIBEXEC_DIR");
  const bool is_chosen = chosen != nullptr && chosen[0] != '\0';
  const std::vector<std::filesystem::path> directories =
      is_chosen ? std::vector<std::filesystem::path>{chosen} : installation_directories();

  std::string tried;
  for (const std::filesystem::path &directory : directories) {
    const std::filesystem::path file = directory / name;
    if (is_program(file)) return file;
    tried += (tried.empty() ? "" : ", ") + file.string();
  }
  return refusal("helper.missing",
                 "the helper program " + std::string(name) + " was not found as an executable file; tried " + tried +
                     (is_chosen ? " (EXECLET_LIBEXEC_DIR is set)" : "") +
                     "; install execlet completely, or set EXECLET_LIBEXEC_DIR to the directory that holds it");
}

}  // namespace execlet::core

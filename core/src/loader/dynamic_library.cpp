// SPDX-License-Identifier: Apache-2.0
#include "dynamic_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include "refusal.h"

namespace execlet::core {
namespace {

// Boost reports every failure as "bad file descriptor"; the linker's own words are still there if read at once.
Failure linker_failure(const std::filesystem::path &file, const char *words) {
  const std::string text = words != nullptr ? words : "the dynamic linker gave no reason";
  if (text.find("cannot open shared object file") != std::string::npos) {
    const std::string missing = text.substr(0, text.find(':'));
    return refusal("load.dependency", file.string() + " needs " + missing +
                                          ", which was not found; install the package that has it (" + text + ")");
  }
  return refusal("load.failed", file.string() + " cannot be loaded: " + text);
}

}  // namespace

Result<execlet_abi_entry> load_entry(const std::filesystem::path &file) {
  namespace dll = boost::dll;
  // Boost names no such mode and passes it on. With it the handle may be closed here: the library stays mapped.
  constexpr auto kNeverUnload = static_cast<dll::load_mode::type>(RTLD_NODELETE);
  dll::shared_library library;
  std::error_code error;
  dlerror();  // what an earlier caller left behind is not about this file
  library.load(file, error, dll::load_mode::rtld_now | dll::load_mode::rtld_local | kNeverUnload);
  if (error) return linker_failure(file, dlerror());
  if (!library.has(EXECLET_ABI_ENTRY_NAME))
    return refusal("abi.entry", file.string() + " does not export " EXECLET_ABI_ENTRY_NAME);
  return &library.get<execlet_abi_status(std::uint32_t, const execlet_abi_plugin **)>(EXECLET_ABI_ENTRY_NAME);
}

std::vector<Failure> missing_dependencies(const std::filesystem::path &file, const std::vector<std::string> &needed) {
  std::vector<Failure> missing;
  for (const std::string &name : needed) {
    if (dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE) != nullptr) continue;
    Failure failure = linker_failure(file, dlerror());
    const bool is_known = std::any_of(missing.begin(), missing.end(),
                                      [&](const Failure &other) { return other.message == failure.message; });
    if (!is_known) missing.push_back(std::move(failure));
  }
  return missing;
}

}  // namespace execlet::core

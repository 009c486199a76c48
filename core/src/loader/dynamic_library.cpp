// SPDX-License-Identifier: Apache-2.0
#include "dynamic_library.h"

#include <dlfcn.h>

#include <memory>
#include <string>
#include <system_error>

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
  auto library = std::make_unique<dll::shared_library>();
  std::error_code error;
  dlerror();  // what an earlier caller left behind is not about this file
  library->load(file, error, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (error) return linker_failure(file, dlerror());
  if (!library->has(EXECLET_ABI_ENTRY_NAME))
    return refusal("abi.entry", file.string() + " does not export " EXECLET_ABI_ENTRY_NAME);
  const auto entry =
      &library->get<execlet_abi_status(std::uint32_t, const execlet_abi_plugin **)>(EXECLET_ABI_ENTRY_NAME);
  library.release();  // its destructor would unload
  return entry;
}

}  // namespace execlet::core

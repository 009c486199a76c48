// SPDX-License-Identifier: Apache-2.0
//
// A plugin that is loaded into this process. Process-wide and never unloaded: a library whose code may still run on
// some thread, or that left a thread_local behind, cannot be unmapped safely.
#pragma once

#include <filesystem>
#include <utility>

#include "../base/result.h"
#include "execlet/plugin.h"
#include "manifest.h"

namespace execlet::core {

class PluginLibrary {
 public:
  // Loads (or returns the already loaded) library after the checks of trust_check.h, elf_file.h and, for a file never
  // seen before, a trial load in the probe process. Thread-safe. The pointer is valid until the process ends.
  // `manifest` is what discovery read; a table that disagrees with it is refused ("manifest.mismatch"). A file that
  // was replaced after it was loaded is the loaded one for this process, or, with another manifest, "load.replaced".
  static Result<const PluginLibrary *> load(const std::filesystem::path &file, const Manifest &manifest);

  const execlet_abi_plugin &table() const { return *table_; }
  const std::filesystem::path &file() const { return file_; }

 private:
  PluginLibrary(std::filesystem::path file, const execlet_abi_plugin *table) : file_(std::move(file)), table_(table) {}
  std::filesystem::path file_;
  const execlet_abi_plugin *table_;
};

}  // namespace execlet::core

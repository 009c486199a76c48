// SPDX-License-Identifier: Apache-2.0
//
// What discovery learns from a candidate without running any of its code: that it is a whole shared library for this
// machine, that it exports the entry function of our ABI, and its manifest.
#pragma once

#include <string>
#include <string_view>

#include "../base/result.h"
#include "elf_file.h"
#include "manifest.h"
#include "regular_file.h"

namespace execlet::core {

constexpr std::size_t kMaxManifestSize = 256u << 10;

constexpr std::string_view kEntryPrefix = "execlet_plugin_entry_v";

// Failures: "abi.major" (a library for another version), "abi.entry" (no plugin), "elf.malformed".
Result<void> check_entry(const ElfFile &elf, const RegularFile &file);

// Failures: as ElfFile::open, "elf.no-sections", "manifest.missing", "manifest.malformed".
Result<std::string> read_manifest_text(const ElfFile &elf, const RegularFile &file);

// Failures: as above and as Manifest::parse.
Result<Manifest> read_plugin_file(const RegularFile &file);

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "plugin_file.h"

#include <algorithm>
#include <vector>

#include "refusal.h"

namespace execlet::core {
namespace {

Failure in_file(Failure failure, const RegularFile &file) {
  failure.message = file.path().string() + ": " + failure.message;
  return failure;
}

}  // namespace

Result<void> check_entry(const ElfFile &elf, const RegularFile &file) {
  Result<std::vector<std::string>> entries = elf.exported(kEntryPrefix);
  if (!entries) return std::move(entries).failure();
  if (std::find(entries->begin(), entries->end(), EXECLET_ABI_ENTRY_NAME) != entries->end()) return {};
  if (entries->empty())
    return refusal("abi.entry", file.path().string() + " has a manifest but does not export " EXECLET_ABI_ENTRY_NAME
                                                       "; link it with sdk/cmake/plugin.map");
  return refusal("abi.major", file.path().string() + " exports " + entries->front() + ", this execlet looks for " +
                                  EXECLET_ABI_ENTRY_NAME + "; get a build of it for this version");
}

Result<std::string> read_manifest_text(const ElfFile &elf, const RegularFile &file) {
  if (!elf.has_sections())
    return refusal("elf.no-sections", file.path().string() +
                                          " has no section headers, so its manifest cannot be found; strip it with "
                                          "--strip-all at most");
  if (!elf.has_section(EXECLET_ABI_MANIFEST_SECTION_NAME))
    return refusal("manifest.missing", file.path().string() + " has no section " EXECLET_ABI_MANIFEST_SECTION_NAME
                                                              "; it is no plugin of execlet");
  Result<std::string> bytes = elf.section(EXECLET_ABI_MANIFEST_SECTION_NAME, kMaxManifestSize);
  if (!bytes) return bytes;
  std::string text = bytes->substr(0, bytes->find('\0'));

  // Two source files that both embed the manifest leave the same text twice; two manifests are a mistake.
  std::string_view rest = std::string_view(*bytes).substr(text.size());
  while (true) {
    const std::size_t next = rest.find_first_not_of('\0');
    if (next == std::string_view::npos) return text;
    rest.remove_prefix(next);
    if (rest.substr(0, text.size()) != text || (rest.size() > text.size() && rest[text.size()] != '\0'))
      return refusal("manifest.malformed", file.path().string() + " holds two different manifests");
    rest.remove_prefix(text.size());
  }
}

Result<Manifest> read_plugin_file(const RegularFile &file) {
  Result<ElfFile> elf = ElfFile::open(file);
  if (!elf) return std::move(elf).failure();
  Result<std::string> text = read_manifest_text(*elf, file);
  if (!text) return std::move(text).failure();
  Result<Manifest> manifest = Manifest::parse(*text);
  if (!manifest) return in_file(std::move(manifest).failure(), file);
  if (auto entry = check_entry(*elf, file); !entry) return std::move(entry).failure();
  return manifest;
}

}  // namespace execlet::core

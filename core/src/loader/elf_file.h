// SPDX-License-Identifier: Apache-2.0
//
// Reads what discovery needs from a shared library that nobody trusts yet. Every offset and size is checked against the
// file before it is used; memory is never allocated by a number that the file merely claims. Ours, because a loader
// dies of a truncated file (SIGBUS) and general ELF readers believe forged sizes.
#pragma once

#include <elf.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "regular_file.h"

namespace execlet::core {

class ElfFile {
 public:
  // Checks that `file` is a shared library for this machine and that every segment and section lies within it.
  // Failures: "elf.not-elf", "elf.class", "elf.machine", "elf.type", "elf.truncated", "elf.malformed". Borrows `file`.
  static Result<ElfFile> open(const RegularFile &file);
  // The same with everything that is wrong, not only the first of it. Empty if nothing more can be read; a library for
  // another machine, or one with a segment cut off, can still have a manifest.
  static std::optional<ElfFile> inspect(const RegularFile &file, std::vector<Failure> &problems);

  // False for a library without section headers: it can be loaded, but has nowhere to keep a manifest.
  bool has_sections() const { return !sections_.empty(); }
  bool has_section(std::string_view name) const { return find(name) != nullptr; }
  // The bytes of a section. Failures: "elf.no-section", "elf.too-large" (more than `max_size`), "file.unreadable".
  Result<std::string> section(std::string_view name, std::size_t max_size) const;
  // Names of the defined dynamic symbols that begin with `prefix`, at most 256. Fails with
  // "elf.malformed".
  Result<std::vector<std::string>> exported(std::string_view prefix) const;
  // The same of those that are taken from elsewhere.
  Result<std::vector<std::string>> imported(std::string_view prefix) const;
  // The libraries it asks the dynamic linker for, in order. Fails with "elf.malformed".
  Result<std::vector<std::string>> needed() const;
  // True if it brings a place of its own to look for them.
  bool has_search_path() const;

 private:
  explicit ElfFile(const RegularFile &file) : file_(&file) {}

  // False if what follows cannot be read.
  bool read_header(std::vector<Failure> &problems);
  Result<void> check_segments() const;
  Result<void> read_sections();
  // The first section of `type`, whose entries have `entry_size`, and the table of their names. Empty entries if there
  // is none.
  struct Table {
    std::string entries;
    std::string names;
  };
  Result<Table> read_table(Elf64_Word type, std::size_t entry_size) const;
  static std::vector<Elf64_Dyn> dynamic_entries(const Table &table);
  Failure failure(std::string reason, std::string_view what) const;
  Result<std::vector<std::string>> symbols(std::string_view prefix, bool defined) const;
  const Elf64_Shdr *find(std::string_view name) const;

  const RegularFile *file_;
  Elf64_Ehdr header_ = {};
  std::vector<Elf64_Shdr> sections_;
  std::string section_names_;
};

}  // namespace execlet::core

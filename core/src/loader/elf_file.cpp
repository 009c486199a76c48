// SPDX-License-Identifier: Apache-2.0
#include "elf_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "refusal.h"

namespace execlet::core {
namespace {

static_assert(sizeof(void *) == 8, "the reader knows 64-bit files only");

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
constexpr const char *kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
constexpr const char *kMachineName = "aarch64";
#elif defined(__riscv)
constexpr Elf64_Half kMachine = EM_RISCV;
constexpr const char *kMachineName = "riscv64";
#else
#error "name this machine here"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr unsigned char kByteOrder = ELFDATA2LSB;
#else
constexpr unsigned char kByteOrder = ELFDATA2MSB;
#endif

// Far above what linkers produce; they bound the memory that one bad file can cost.
constexpr std::size_t kMaxSegments = 256;
constexpr std::size_t kMaxSections = 4096;
constexpr std::size_t kMaxSectionNames = 256u << 10;
constexpr std::size_t kMaxSymbolTable = 16u << 20;
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxNames = 256;

bool within(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size) {
  return offset <= file_size && size <= file_size - offset;
}

std::string machine_name(Elf64_Half machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv64";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390x";
    default:
      return "machine " + std::to_string(machine);
  }
}

// Compared in place: forged tables must not make every look-up scan the whole table for a terminator.
bool begins_at(const std::string &table, std::size_t offset, std::string_view text) {
  return offset <= table.size() && table.compare(offset, text.size(), text) == 0;
}

// Cut: a real name is short, and forged tables may let many entries share one long text.
std::string text_at(const std::string &table, std::size_t offset) {
  if (offset >= table.size()) return {};
  const std::size_t most = std::min(kMaxName, table.size() - offset);
  return std::string(table.data() + offset, strnlen(table.data() + offset, most));
}

bool equals_at(const std::string &table, std::size_t offset, std::string_view text) {
  return begins_at(table, offset, text) && offset + text.size() < table.size() && table[offset + text.size()] == '\0';
}

}  // namespace

Failure ElfFile::failure(std::string reason, std::string_view what) const {
  return refusal(std::move(reason), file_->path().string() + " " + std::string(what));
}

Result<ElfFile> ElfFile::open(const RegularFile &file) {
  std::vector<Failure> problems;
  std::optional<ElfFile> elf = inspect(file, problems);
  if (!problems.empty()) return std::move(problems.front());
  return *std::move(elf);
}

std::optional<ElfFile> ElfFile::inspect(const RegularFile &file, std::vector<Failure> &problems) {
  ElfFile elf(file);
  if (!elf.read_header(problems)) return std::nullopt;
  if (auto checked = elf.check_segments(); !checked) problems.push_back(std::move(checked).failure());
  if (auto read = elf.read_sections(); !read) {
    problems.push_back(std::move(read).failure());
    return std::nullopt;
  }
  return elf;
}

bool ElfFile::read_header(std::vector<Failure> &problems) {
  const auto fail = [&](std::string reason, std::string_view what) {
    problems.push_back(failure(std::move(reason), what));
    return false;
  };
  unsigned char ident[EI_NIDENT] = {};
  const std::size_t ident_size = static_cast<std::size_t>(std::min<std::uint64_t>(file_->size(), sizeof ident));
  if (ident_size == 0) return fail("elf.not-elf", "is empty; a plugin is a shared library");
  if (!file_->read_at(0, ident, ident_size)) return fail("file.unreadable", "cannot be read");
  if (ident_size < SELFMAG || std::memcmp(ident, ELFMAG, SELFMAG) != 0)
    return fail("elf.not-elf", "is not an ELF file; a plugin is a shared library");
  if (file_->size() < sizeof header_) return fail("elf.truncated", "ends within its ELF header; copy it again");
  if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != kByteOrder)
    return fail("elf.class", std::string("is not a 64-bit library in the byte order of ") + kMachineName);
  if (!file_->read_at(0, &header_, sizeof header_)) return fail("file.unreadable", "cannot be read");
  if (header_.e_machine != kMachine)
    fail("elf.machine", "is built for " + machine_name(header_.e_machine) + ", this machine is " + kMachineName);
  if (header_.e_type != ET_DYN) return fail("elf.type", "is an ELF file but not a shared library");
  return true;
}

Result<void> ElfFile::check_segments() const {
  const std::size_t count = header_.e_phnum;
  if (count == 0 || count > kMaxSegments || header_.e_phentsize != sizeof(Elf64_Phdr))
    return failure("elf.malformed", "has a broken program header table");
  if (!within(header_.e_phoff, count * sizeof(Elf64_Phdr), file_->size()))
    return failure("elf.truncated", "ends within its program headers; copy it again");
  std::vector<Elf64_Phdr> segments(count);
  if (!file_->read_at(header_.e_phoff, segments.data(), count * sizeof(Elf64_Phdr)))
    return failure("file.unreadable", "cannot be read");

  bool loadable = false;
  bool dynamic = false;
  for (const Elf64_Phdr &segment : segments) {
    if (segment.p_type == PT_LOAD) loadable = true;
    if (segment.p_type == PT_DYNAMIC) dynamic = true;
    if (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz)
      return failure("elf.malformed", "has a segment that is larger in the file than in memory");
    if (!within(segment.p_offset, segment.p_filesz, file_->size()))
      return failure("elf.truncated", "is truncated: a segment lies beyond its end at byte " +
                                          std::to_string(file_->size()) + "; copy it again");
  }
  if (!loadable || !dynamic) return failure("elf.type", "is an ELF file but not a shared library");
  return {};
}

Result<void> ElfFile::read_sections() {
  if (header_.e_shoff == 0) return {};
  const std::size_t count = header_.e_shnum;
  if (count == 0 || count > kMaxSections || header_.e_shentsize != sizeof(Elf64_Shdr) || header_.e_shstrndx >= count)
    return failure("elf.malformed", "has a broken section header table");
  if (!within(header_.e_shoff, count * sizeof(Elf64_Shdr), file_->size()))
    return failure("elf.truncated", "is truncated: its section headers lie beyond its end; copy it again");
  std::vector<Elf64_Shdr> sections(count);
  if (!file_->read_at(header_.e_shoff, sections.data(), count * sizeof(Elf64_Shdr)))
    return failure("file.unreadable", "cannot be read");
  for (const Elf64_Shdr &section : sections)
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL &&
        !within(section.sh_offset, section.sh_size, file_->size()))
      return failure("elf.truncated", "is truncated: a section lies beyond its end; copy it again");

  const Elf64_Shdr &names = sections[header_.e_shstrndx];
  if (names.sh_type != SHT_STRTAB || names.sh_size > kMaxSectionNames)
    return failure("elf.malformed", "has a broken section name table");
  section_names_.resize(static_cast<std::size_t>(names.sh_size));
  if (!file_->read_at(names.sh_offset, section_names_.data(), section_names_.size()))
    return failure("file.unreadable", "cannot be read");
  sections_ = std::move(sections);
  return {};
}

const Elf64_Shdr *ElfFile::find(std::string_view name) const {
  for (const Elf64_Shdr &section : sections_)
    if (section.sh_type == SHT_PROGBITS && equals_at(section_names_, section.sh_name, name)) return &section;
  return nullptr;
}

Result<std::string> ElfFile::section(std::string_view name, std::size_t max_size) const {
  const Elf64_Shdr *found = find(name);
  if (found == nullptr) return failure("elf.no-section", "has no section " + std::string(name));
  if (found->sh_size > max_size)
    return failure("elf.too-large", "has a section " + std::string(name) + " of " + std::to_string(found->sh_size) +
                                        " bytes, the most is " + std::to_string(max_size));
  std::string bytes(static_cast<std::size_t>(found->sh_size), '\0');
  if (!file_->read_at(found->sh_offset, bytes.data(), bytes.size()))
    return failure("file.unreadable", "cannot be read");
  return bytes;
}

Result<ElfFile::Table> ElfFile::read_table(Elf64_Word type, std::size_t entry_size) const {
  Table table;
  const auto section =
      std::find_if(sections_.begin(), sections_.end(), [&](const Elf64_Shdr &one) { return one.sh_type == type; });
  if (section == sections_.end()) return table;
  if (section->sh_entsize != entry_size || section->sh_size > kMaxSymbolTable || section->sh_link >= sections_.size())
    return failure("elf.malformed", "has a broken dynamic symbol table");
  const Elf64_Shdr &names = sections_[section->sh_link];
  if (names.sh_type != SHT_STRTAB || names.sh_size > kMaxSymbolTable)
    return failure("elf.malformed", "has a broken dynamic symbol table");
  table.entries.resize(static_cast<std::size_t>(section->sh_size) / entry_size * entry_size);
  table.names.resize(static_cast<std::size_t>(names.sh_size));
  if (!file_->read_at(section->sh_offset, table.entries.data(), table.entries.size()) ||
      !file_->read_at(names.sh_offset, table.names.data(), table.names.size()))
    return failure("file.unreadable", "cannot be read");
  return table;
}

Result<std::vector<std::string>> ElfFile::exported(std::string_view prefix) const {
  return symbols(prefix, true);
}

Result<std::vector<std::string>> ElfFile::imported(std::string_view prefix) const {
  return symbols(prefix, false);
}

Result<std::vector<std::string>> ElfFile::symbols(std::string_view prefix, bool defined) const {
  const Result<Table> table = read_table(SHT_DYNSYM, sizeof(Elf64_Sym));
  if (!table) return table.failure();
  std::vector<std::string> found;
  for (std::size_t at = 0; at < table->entries.size() && found.size() < kMaxNames; at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, table->entries.data() + at, sizeof symbol);
    if ((symbol.st_shndx != SHN_UNDEF) != defined || !begins_at(table->names, symbol.st_name, prefix)) continue;
    std::string name = text_at(table->names, symbol.st_name);
    if (!name.empty()) found.push_back(std::move(name));
  }
  return found;
}

// Up to the end that the table itself marks.
std::vector<Elf64_Dyn> ElfFile::dynamic_entries(const Table &table) {
  std::vector<Elf64_Dyn> found;
  for (std::size_t at = 0; at < table.entries.size() && found.size() < kMaxNames; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    std::memcpy(&entry, table.entries.data() + at, sizeof entry);
    if (entry.d_tag == DT_NULL) break;
    found.push_back(entry);
  }
  return found;
}

Result<std::vector<std::string>> ElfFile::needed() const {
  const Result<Table> table = read_table(SHT_DYNAMIC, sizeof(Elf64_Dyn));
  if (!table) return table.failure();
  std::vector<std::string> found;
  for (const Elf64_Dyn &entry : dynamic_entries(*table))
    if (entry.d_tag == DT_NEEDED) found.push_back(text_at(table->names, entry.d_un.d_val));
  return found;
}

bool ElfFile::has_search_path() const {
  const Result<Table> table = read_table(SHT_DYNAMIC, sizeof(Elf64_Dyn));
  if (!table) return false;
  const std::vector<Elf64_Dyn> entries = dynamic_entries(*table);
  return std::any_of(entries.begin(), entries.end(),
                     [](const Elf64_Dyn &entry) { return entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH; });
}

}  // namespace execlet::core

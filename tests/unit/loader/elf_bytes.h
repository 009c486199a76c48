// SPDX-License-Identifier: Apache-2.0
//
// A minimal shared library as bytes: one segment, a manifest section, a dynamic symbol table. Fit for readers, not for
// running; tests bend one number in it at a time.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace execlet::test {

struct ElfBytes {
  Elf64_Ehdr header = {};
  std::vector<Elf64_Phdr> segments;
  std::vector<Elf64_Shdr> sections;  // [0] null, [1] names, [2] manifest, [3] dynstr, [4] dynsym
  std::string body;                  // what lies between the program headers and the section headers
  std::string tail;                  // after the section headers

  static constexpr std::size_t kBodyOffset = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);

  explicit ElfBytes(std::string_view manifest, std::string_view symbol = "execlet_plugin_entry_v1",
                    std::string_view section_name = ".execlet.manifest") {
    const std::string names = std::string("\0.shstrtab\0.dynstr\0.dynsym\0", 27) + std::string(section_name) + '\0';
    const std::string strings = std::string("\0", 1) + std::string(symbol) + '\0';
    Elf64_Sym symbols[2] = {};
    symbols[1].st_name = 1;
    symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols[1].st_shndx = 2;

    sections.resize(5);
    add(1, SHT_STRTAB, 1, names);
    add(2, SHT_PROGBITS, 27, std::string(manifest) + '\0');
    add(3, SHT_STRTAB, 11, strings);
    add(4, SHT_DYNSYM, 19, std::string(reinterpret_cast<const char *>(symbols), sizeof symbols));
    sections[4].sh_link = 3;
    sections[4].sh_entsize = sizeof(Elf64_Sym);

    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = kMachine;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<Elf64_Half>(sections.size());
    header.e_shstrndx = 1;
    header.e_shoff = kBodyOffset + body.size();
    segments.resize(2);
    segments[0].p_type = PT_LOAD;
    segments[0].p_filesz = segments[0].p_memsz = kBodyOffset + body.size();
    segments[1].p_type = PT_DYNAMIC;
  }

  std::string bytes() const {
    return raw(&header, sizeof header) + raw(segments.data(), segments.size() * sizeof(Elf64_Phdr)) + body +
           raw(sections.data(), sections.size() * sizeof(Elf64_Shdr)) + tail;
  }

 private:
#if defined(__x86_64__)
  static constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
  static constexpr Elf64_Half kMachine = EM_AARCH64;
#else
  static constexpr Elf64_Half kMachine = EM_RISCV;
#endif

  static std::string raw(const void *data, std::size_t size) {
    return std::string(static_cast<const char *>(data), size);
  }

  void add(std::size_t index, Elf64_Word type, Elf64_Word name, const std::string &content) {
    sections[index].sh_type = type;
    sections[index].sh_name = name;
    sections[index].sh_offset = kBodyOffset + body.size();
    sections[index].sh_size = content.size();
    body += content;
  }
};

}  // namespace execlet::test

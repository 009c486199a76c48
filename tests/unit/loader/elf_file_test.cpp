// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.h"

#include <sys/resource.h>

#include <functional>
#include <random>
#include <string>

#include "catch.h"
#include "elf_bytes.h"
#include "loader/plugin_file.h"
#include "temp_dir.h"

using execlet::core::ElfFile;
using execlet::core::RegularFile;
using execlet::core::Result;
using execlet::test::ElfBytes;
using execlet::test::TempDir;

namespace {

constexpr std::size_t kMax = 4096;

// The reason for which the bytes are refused; empty if they are taken.
std::string refusal_of(const std::string &bytes) {
  const TempDir dir;
  Result<RegularFile> file = RegularFile::open(dir.write("x.so", bytes));
  if (!file) return file.failure().reason;
  Result<ElfFile> elf = ElfFile::open(*file);
  if (!elf) return elf.failure().reason;
  // What discovery goes on to read.
  Result<std::string> section = elf->section(".execlet.manifest", kMax);
  if (!section) return section.failure().reason;
  auto exported = elf->exported("execlet_plugin_entry_v");
  return exported ? std::string() : exported.failure().reason;
}

std::string refusal_of(const std::function<void(ElfBytes &)> &bend) {
  ElfBytes elf("{}");
  bend(elf);
  return refusal_of(elf.bytes());
}

}  // namespace

TEST_CASE("a whole library is read: manifest section and entry symbols") {
  const TempDir dir;
  Result<RegularFile> file = RegularFile::open(dir.write("x.so", ElfBytes("{\"a\": 1}").bytes()));
  REQUIRE(file);
  Result<ElfFile> elf = ElfFile::open(*file);
  REQUIRE(elf);
  CHECK(elf->has_sections());
  CHECK(*elf->section(".execlet.manifest", kMax) == std::string("{\"a\": 1}\0", 9));
  CHECK(*elf->exported("execlet_plugin_entry_v") == std::vector<std::string>{"execlet_plugin_entry_v1"});
  CHECK(elf->exported("another")->empty());
}

TEST_CASE("what is no shared library for this machine is refused with what it is") {
  CHECK(refusal_of(std::string()) == "elf.not-elf");
  CHECK(refusal_of(std::string("hello\n")) == "elf.not-elf");
  CHECK(refusal_of(std::string("#!/bin/sh\nexit 0\n")) == "elf.not-elf");
  CHECK(refusal_of(std::string("\x7f", 1)) == "elf.not-elf");
  CHECK(refusal_of(std::string("\x7f"
                               "ELF")) == "elf.truncated");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_ident[EI_CLASS] = ELFCLASS32; }) == "elf.class");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_ident[EI_DATA] = ELFDATA2MSB; }) == "elf.class");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_machine = EM_MIPS; }) == "elf.machine");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_type = ET_EXEC; }) == "elf.type");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_type = ET_REL; }) == "elf.type");
  CHECK(refusal_of([](ElfBytes &elf) { elf.segments[1].p_type = PT_NOTE; }) == "elf.type");
  CHECK(refusal_of([](ElfBytes &elf) { elf.segments[0].p_type = PT_NOTE; }) == "elf.type");
}

TEST_CASE("a library cut at any byte is refused") {
  const std::string whole = ElfBytes("{\"name\": \"x\"}").bytes();
  REQUIRE(refusal_of(whole).empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("cut to " << size << " of " << whole.size() << " bytes");
    const std::string reason = refusal_of(whole.substr(0, size));
    CHECK((reason == "elf.truncated" || (size < SELFMAG && reason == "elf.not-elf")));
  }
}

TEST_CASE("forged numbers are refused, whatever they claim") {
  const std::uint64_t huge = ~std::uint64_t{0};
  for (const std::uint64_t value : {huge, huge - 1, huge / 2, std::uint64_t{1} << 40}) {
    INFO("value " << value);
    CHECK(refusal_of([&](ElfBytes &elf) { elf.header.e_phoff = value; }) == "elf.truncated");
    CHECK(refusal_of([&](ElfBytes &elf) { elf.header.e_shoff = value; }) == "elf.truncated");
    CHECK(refusal_of([&](ElfBytes &elf) { elf.segments[0].p_filesz = elf.segments[0].p_memsz = value; }) ==
          "elf.truncated");
    CHECK(refusal_of([&](ElfBytes &elf) { elf.segments[0].p_offset = value; }) == "elf.truncated");
    for (const std::size_t section : {1u, 2u, 3u, 4u}) {
      CHECK(refusal_of([&](ElfBytes &elf) { elf.sections[section].sh_size = value; }) == "elf.truncated");
      CHECK(refusal_of([&](ElfBytes &elf) { elf.sections[section].sh_offset = value; }) == "elf.truncated");
    }
  }
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_phnum = 0xffff; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_phnum = 0; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_phentsize = 1; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_shnum = 0xffff; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_shnum = 0; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_shentsize = 8; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_shstrndx = 77; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.header.e_shstrndx = 2; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.segments[0].p_memsz = 1; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.sections[4].sh_entsize = 1; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.sections[4].sh_link = 99; }) == "elf.malformed");
  CHECK(refusal_of([](ElfBytes &elf) { elf.sections[4].sh_link = 2; }) == "elf.malformed");
}

TEST_CASE("no flipped byte makes the reader fail in any other way than by refusing") {
  const std::string whole = ElfBytes("{\"name\": \"x\"}").bytes();
  std::mt19937 random(20260101);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random() % 2 == 0 ? random() : 0xff);
    const std::string reason = refusal_of(bytes);
    INFO("round " << round << ": " << reason);
    CHECK((reason.empty() || reason.rfind("elf.", 0) == 0));
  }
}

TEST_CASE("names beyond their table match nothing") {
  CHECK(refusal_of([](ElfBytes &elf) { elf.sections[2].sh_name = 0xffffffff; }) == "elf.no-section");
  CHECK(refusal_of([](ElfBytes &elf) { elf.sections[2].sh_name = 28; }) == "elf.no-section");

  const TempDir dir;
  ElfBytes elf("{}");
  // The symbol's name is moved behind the end of its string table.
  Elf64_Sym symbol = {};
  const std::size_t at = elf.sections[4].sh_offset - ElfBytes::kBodyOffset + sizeof symbol;
  std::memcpy(&symbol, elf.body.data() + at, sizeof symbol);
  symbol.st_name = 0xfffffff0;
  std::memcpy(elf.body.data() + at, &symbol, sizeof symbol);
  Result<RegularFile> file = RegularFile::open(dir.write("x.so", elf.bytes()));
  REQUIRE(file);
  CHECK(ElfFile::open(*file)->exported("execlet_plugin_entry_v")->empty());
}

TEST_CASE("a section larger than asked for is refused before it is read") {
  CHECK(refusal_of(ElfBytes(std::string(kMax - 1, ' ')).bytes()).empty());
  CHECK(refusal_of(ElfBytes(std::string(kMax, ' ')).bytes()) == "elf.too-large");
}

TEST_CASE("a sparse file that claims gigabytes costs no memory") {
  const TempDir dir;
  ElfBytes elf("{}");
  const std::uint64_t claimed = std::uint64_t{3} << 30;
  elf.sections[3].sh_size = claimed;
  elf.sections[4].sh_size = claimed;
  const std::filesystem::path path = dir.write("x.so", elf.bytes());
  std::filesystem::resize_file(path, claimed * 2);
  Result<RegularFile> file = RegularFile::open(path);
  REQUIRE(file);
  rusage before = {};
  getrusage(RUSAGE_SELF, &before);
  Result<ElfFile> opened = ElfFile::open(*file);
  REQUIRE(opened);
  auto exported = opened->exported("execlet_plugin_entry_v");
  REQUIRE_FALSE(exported);
  CHECK(exported.failure().reason == "elf.malformed");
  rusage after = {};
  getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}

TEST_CASE("a library without section headers is told apart from one without a manifest") {
  const TempDir dir;
  ElfBytes stripped("{}");
  stripped.header.e_shoff = 0;
  stripped.header.e_shnum = 0;
  Result<RegularFile> file = RegularFile::open(dir.write("stripped.so", stripped.bytes()));
  REQUIRE(file);
  CHECK(execlet::core::read_plugin_file(*file).failure().reason == "elf.no-sections");

  Result<RegularFile> other =
      RegularFile::open(dir.write("other.so", ElfBytes("{}", "execlet_plugin_entry_v1", ".other").bytes()));
  REQUIRE(other);
  CHECK(execlet::core::read_plugin_file(*other).failure().reason == "manifest.missing");
}

TEST_CASE("directories, links and FIFOs are not opened as libraries") {
  const TempDir dir;
  CHECK(RegularFile::open(dir.path()).failure().reason == "trust.not-regular");
  const std::filesystem::path fifo = dir.path() / "fifo.so";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(RegularFile::open(fifo).failure().reason == "trust.not-regular");
  dir.write("real.so", "x");
  std::filesystem::create_symlink("real.so", dir.path() / "link.so");
  CHECK(RegularFile::open(dir.path() / "link.so").failure().reason == "trust.not-regular");
  CHECK(RegularFile::open(dir.path() / "none.so").failure().reason == "file.unreadable");
}

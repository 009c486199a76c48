// SPDX-License-Identifier: Apache-2.0
//
// An interpreter or compiler that cannot be started is told as that, with the reason, and never as a program that ended
// with 126 or 127.
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "catch.h"
#include "place.h"
#include "temp_dir.h"

namespace execlet::test {
namespace {
namespace fs = std::filesystem;

fs::path program(const TempDir &dir, const std::string &name, const std::string &content, bool executable = true) {
  const fs::path file = dir.write(name, content);
  fs::permissions(file, executable ? fs::perms::owner_all : fs::perms::owner_read);
  return file;
}

// A real program of this machine.
std::string real_elf() {
  return read_whole_file("/proc/self/exe");
}

std::string foreign_elf() {
  std::string bytes = real_elf();
  bytes[18] = static_cast<char>(EM_RISCV);
  bytes[19] = static_cast<char>(EM_RISCV >> 8);
  return bytes;
}

// The bytes that a process is made of; what follows is for debuggers.
std::size_t loaded_size(const std::string &bytes) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::size_t end = 0;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + header.e_phoff + static_cast<std::size_t>(i) * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD) end = std::max(end, static_cast<std::size_t>(segment.p_offset + segment.p_filesz));
  }
  return end;
}

std::string elf_with_loader(const std::string &loader) {
  std::string bytes = real_elf();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + header.e_phoff + static_cast<std::size_t>(i) * sizeof segment, sizeof segment);
    if (segment.p_type != PT_INTERP) continue;
    std::memset(bytes.data() + segment.p_offset, 0, segment.p_filesz);
    std::memcpy(bytes.data() + segment.p_offset, loader.data(), loader.size());
  }
  return bytes;
}

void check_refused(const std::string &language, const fs::path &executable, const std::string &reason,
                   const std::string &word) {
  const Place place(R"({"executors": {")" + language + R"(": {"executable": ")" + executable.string() +
                    R"("}, "sh": {}}})");
  const Result result = place.run(language, "code");
  CAPTURE(language, executable, result.failure.message, result.output, result.error);
  CHECK((result.status == Status::kUnavailable || result.status == Status::kLanguageNotSupported));
  CHECK(result.failure.reason == reason);
  CHECK(has(result.failure.message, word));
  CHECK_FALSE(result.failure.started);
  CHECK_FALSE(result.exit_code.has_value());
  CHECK(place.run("sh", "exit 127").exit_code == 127);  // a program's own
}

}  // namespace

TEST_CASE("a program that cannot be started is not one that ended, as an interpreter and as a compiler") {
  const TempDir dir;
  const std::string language = GENERATE("mylang", "python", "c", "go");
  check_refused(language, "/nowhere/gone", "program.missing", "/nowhere/gone");
  check_refused(language, program(dir, "plain", "#!/bin/sh\n", false), "program.not-executable", "plain");
  check_refused(language, dir.path(), "program.not-executable", dir.path().string());
  check_refused(language, program(dir, "script", "#!/nowhere/interpreter -x\n"), "program.interpreter-missing",
                "/nowhere/interpreter");
  check_refused(language, program(dir, "closed", "#!" + (dir.path() / "plain").string() + "\n"),
                "program.interpreter-not-executable", "plain");
  check_refused(language, program(dir, "foreign", foreign_elf()), "program.wrong-architecture", "riscv");
  check_refused(language, program(dir, "loader", elf_with_loader("/nowhere/ld.so")), "program.loader-missing",
                "/nowhere/ld.so");
  check_refused(language, program(dir, "text", "no program at all\n"), "program.not-executable", "text");
  check_refused(language, program(dir, "empty", ""), "program.not-executable", "empty");
}

TEST_CASE("a program of this machine that is cut off anywhere is told as incomplete") {
  const TempDir dir;
  const std::string whole = real_elf();
  const std::string language = GENERATE("mylang", "c");
  for (const std::size_t size : {std::size_t{4}, std::size_t{19}, std::size_t{40}, std::size_t{64}, std::size_t{300},
                                 std::size_t{4096}, loaded_size(whole) / 2, loaded_size(whole) - 1}) {
    INFO("cut at " << size << " of " << whole.size());
    check_refused(language, program(dir, "cut", whole.substr(0, size)), "program.not-executable", "incomplete");
  }
}

TEST_CASE("a language that is built in and not installed is told with the place where it was looked for") {
  const TempDir dir;
  const Place place(R"({"executors": ["go", "python", "sh"], "env_vars": {"PATH": ")" + dir.path().string() + R"("}})");
  for (const char *language : {"go", "python"}) {
    const Result result = place.run(language, "code");
    CAPTURE(language, result.failure.message);
    CHECK(result.status == Status::kUnavailable);
    CHECK(result.failure.reason == "program.missing");
    CHECK(has(result.failure.message, dir.path().string()));
    CHECK_FALSE(result.exit_code.has_value());
  }
}

TEST_CASE("a program that is replaced between two runs is looked at again") {
  const TempDir dir;
  const fs::path tool = program(dir, "tool", real_elf());
  const Place place(R"({"executors": {"mylang": {"executable": ")" + tool.string() + R"("}}})");
  CHECK(place.run("mylang", "code").failure.reason.empty());
  program(dir, "tool", real_elf().substr(0, 5000));
  CHECK(place.run("mylang", "code").failure.reason == "program.not-executable");
}

}  // namespace execlet::test

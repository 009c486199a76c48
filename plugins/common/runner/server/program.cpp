// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "descriptor.h"

namespace execlet::runner {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

bool is_executable_file(const char *path) {
  struct stat status {};
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

std::string_view path_of(const std::vector<std::string> &environment) {
  for (const std::string &entry : environment)
    if (entry.compare(0, 5, "PATH=") == 0) return std::string_view(entry).substr(5);
  return kDefaultPath;
}

std::string_view machine_name(unsigned machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86 (32 bit)";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return "an unknown architecture";
  }
}

constexpr unsigned own_machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#elif defined(__riscv)
  return EM_RISCV;
#else
  return EM_NONE;
#endif
}

// The interpreter that `head` names after "#!"; empty if it is no script.
std::string script_interpreter(std::string_view head) {
  if (head.substr(0, 2) != "#!") return {};
  head.remove_prefix(2);
  const std::size_t start = head.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  head.remove_prefix(start);
  return std::string(head.substr(0, head.find_first_of(" \t\r\n")));
}

Failure explain_format(const std::string &path, std::string_view head) {
  if (head.size() >= 20 && head.substr(0, 4) ==
                               "\x7f"
                               "ELF") {
    const unsigned machine = static_cast<unsigned char>(head[18]) | static_cast<unsigned>(head[19]) << 8;
    if (machine != own_machine())
      return {Code::kUnavailable, "program.wrong-architecture",
              path + " is built for " + std::string(machine_name(machine)) + ", this machine is " +
                  std::string(machine_name(own_machine()))};
    return {Code::kUnavailable, "program.not-executable", path + " is a damaged or incomplete ELF file"};
  }
  return {Code::kUnavailable, "program.not-executable",
          path + " is neither an ELF program nor a script that begins with #!"};
}

}  // namespace

std::string find_program(std::string_view name, const std::vector<std::string> &environment, Failure &failure) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  const std::string_view search = path_of(environment);
  std::string not_executable;
  for (std::string_view rest = search; !name.empty();) {
    const std::size_t end = rest.find(':');
    std::string candidate(rest.substr(0, end));
    if (candidate.empty()) candidate = ".";
    candidate += '/';
    candidate += name;
    if (is_executable_file(candidate.c_str())) return candidate;
    if (not_executable.empty() && access(candidate.c_str(), F_OK) == 0) not_executable = candidate;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (!not_executable.empty()) {
    failure = {Code::kUnavailable, "program.not-executable",
               not_executable + " is not an executable file; no other " + std::string(name) + " is in PATH"};
  } else {
    failure = {Code::kNotFound, "program.missing",
               "no program " + std::string(name) + " in PATH (" + std::string(search) + ")"};
  }
  return {};
}

Failure explain_exec_error(const std::string &path, int error) {
  char buffer[256];
  std::string_view head;
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file && fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) {
    const ssize_t size = read(file.get(), buffer, sizeof buffer);
    if (size > 0) head = {buffer, static_cast<std::size_t>(size)};
  }
  if (error == ENOENT && file) {
    const std::string interpreter = script_interpreter(head);
    if (!interpreter.empty())
      return {Code::kNotFound, "program.interpreter-missing",
              path + " names the interpreter " + interpreter + ", which does not exist"};
    return {Code::kNotFound, "program.loader-missing", path + " exists, but the dynamic loader that it names does not"};
  }
  if (error == ENOENT || error == ENOTDIR) return {Code::kNotFound, "program.missing", "there is no program " + path};
  if (error == EACCES) {
    const std::string interpreter = script_interpreter(head);
    if (!interpreter.empty() && is_executable_file(path.c_str()))
      return {Code::kUnavailable, "program.interpreter-not-executable",
              path + " names the interpreter " + interpreter + ", which may not be executed"};
    return {Code::kUnavailable, "program.not-executable", path + " may not be executed (no x permission, or noexec)"};
  }
  if (error == ENOEXEC) return explain_format(path, head);
  if (error == E2BIG)
    return {Code::kInvalidArgument, "program.arguments-too-long",
            "the arguments and environment are longer than the system allows for " + path};
  return {Code::kUnavailable, "program.exec-failed", path + ": " + std::string(error_text(error))};
}

}  // namespace execlet::runner

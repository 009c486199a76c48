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

bool is_elf(std::string_view head) {
  return head.size() >= SELFMAG && head.substr(0, SELFMAG) == std::string_view(ELFMAG, SELFMAG);
}

// As far as the header is there.
unsigned machine_of(std::string_view head) {
  return head.size() < 20 ? static_cast<unsigned>(EM_NONE)
                          : static_cast<unsigned char>(head[18]) | static_cast<unsigned>(head[19]) << 8;
}

Failure wrong_architecture(const std::string &path, unsigned machine) {
  return {Code::kUnavailable, "program.wrong-architecture",
          path + " is built for " + std::string(machine_name(machine)) + ", this machine is " +
              std::string(machine_name(own_machine()))};
}

Failure incomplete(const std::string &path) {
  return {Code::kUnavailable, "program.not-executable", path + " is a damaged or incomplete ELF file"};
}

Failure no_program(const std::string &path) {
  return {Code::kUnavailable, "program.not-executable",
          path + " is neither an ELF program nor a script that begins with #!"};
}

struct OpenProgram {
  Descriptor file;
  struct stat status {};
  char buffer[1024];
  std::string_view head;

  explicit OpenProgram(const std::string &path) : file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    const ssize_t size = read(file.get(), buffer, sizeof buffer);
    if (size > 0) head = {buffer, static_cast<std::size_t>(size)};
  }
};

// Everything that the headers promise is in the file, and the loader that they name exists.
bool check_elf(const std::string &path, const OpenProgram &program, Failure &failure) {
  const auto size = static_cast<std::uint64_t>(program.status.st_size);
  Elf64_Ehdr header;
  failure = incomplete(path);
  if (program.head.size() < sizeof header) return false;
  std::memcpy(&header, program.head.data(), sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return true;  // it is for the system to say
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > 1000) return false;
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  const std::size_t bytes = segments.size() * sizeof(Elf64_Phdr);
  if (pread(program.file.get(), segments.data(), bytes, static_cast<off_t>(header.e_phoff)) !=
      static_cast<ssize_t>(bytes))
    return false;
  for (const Elf64_Phdr &segment : segments) {
    if (segment.p_type != PT_LOAD && segment.p_type != PT_INTERP) continue;
    if (segment.p_filesz > size || segment.p_offset > size - segment.p_filesz) return false;
    if (segment.p_type != PT_INTERP || segment.p_filesz > 4096) continue;
    std::string loader(segment.p_filesz, '\0');
    if (pread(program.file.get(), loader.data(), loader.size(), static_cast<off_t>(segment.p_offset)) !=
        static_cast<ssize_t>(loader.size()))
      return false;
    if (const std::size_t end = loader.find('\0'); end != std::string::npos) loader.resize(end);
    if (access(loader.c_str(), F_OK) == 0) continue;
    failure = {Code::kNotFound, "program.loader-missing", path};
    failure.message.append(" needs the dynamic loader ").append(loader).append(", which does not exist");
    return false;
  }
  return true;
}

bool check_script(const std::string &path, std::string_view head, Failure &failure) {
  const std::string interpreter = script_interpreter(head);
  if (is_executable_file(interpreter.c_str())) return true;
  if (access(interpreter.c_str(), F_OK) == 0) {
    failure = {Code::kUnavailable, "program.interpreter-not-executable",
               path + " names the interpreter " + interpreter + ", which may not be executed"};
  } else {
    failure = {Code::kNotFound, "program.interpreter-missing",
               path + " names the interpreter " + interpreter + ", which does not exist"};
  }
  return false;
}

// The programs that were looked at last and found good: almost always the next one is among them.
class Approved {
 public:
  bool has(const struct stat &status) const {
    for (const Entry &entry : entries_)
      if (entry.inode == status.st_ino && entry.device == status.st_dev && entry.size == status.st_size &&
          entry.changed.tv_sec == status.st_ctim.tv_sec && entry.changed.tv_nsec == status.st_ctim.tv_nsec)
        return true;
    return false;
  }
  void add(const struct stat &status) {
    entries_[next_++ % 8] = {status.st_dev, status.st_ino, status.st_size, status.st_ctim};
  }

 private:
  struct Entry {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec changed;
  };
  Entry entries_[8] = {};
  unsigned next_ = 0;
};

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

bool check_program(const std::string &path, Foreign foreign, Failure &failure) {
  static Approved approved;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    failure = explain_exec_error(path, errno);
    return false;
  }
  if (approved.has(status)) return true;
  if (!is_executable_file(path.c_str())) {
    failure = {Code::kUnavailable, "program.not-executable",
               path + (S_ISREG(status.st_mode) ? " may not be executed (no x permission, or noexec)"
                                               : " is no file that can be executed")};
    return false;
  }
  const OpenProgram program(path);
  if (!program.file) return true;  // it may be executed but not read: executing it will show
  const bool elf = is_elf(program.head);
  if (elf && machine_of(program.head) != own_machine() && program.head.size() >= 20) {
    failure = wrong_architecture(path, machine_of(program.head));
    return foreign == Foreign::kPerhaps;
  }
  if (elf && !check_elf(path, program, failure)) return false;
  if (!elf && !script_interpreter(program.head).empty()) return check_script(path, program.head, failure);
  if (!elf && foreign == Foreign::kRefused) {
    failure = no_program(path);
    return false;
  }
  if (elf) approved.add(program.status);
  return true;
}

Failure explain_exec_error(const std::string &path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    const OpenProgram program(path);
    if (program.file)
      return {Code::kNotFound, "program.loader-missing",
              path + " exists, but the interpreter or loader that it names does not"};
    return {Code::kNotFound, "program.missing", "there is no program " + path};
  }
  if (error == EACCES)
    return {Code::kUnavailable, "program.not-executable", path + " may not be executed (no x permission, or noexec)"};
  if (error == ENOEXEC) {
    const OpenProgram program(path);
    if (!is_elf(program.head)) return no_program(path);
    return machine_of(program.head) != own_machine() ? wrong_architecture(path, machine_of(program.head))
                                                     : incomplete(path);
  }
  if (error == E2BIG)
    return {Code::kInvalidArgument, "program.arguments-too-long",
            "the arguments and environment are longer than the system allows for " + path};
  return {Code::kUnavailable, "program.exec-failed", path + ": " + std::string(error_text(error))};
}

}  // namespace execlet::runner

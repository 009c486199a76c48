// SPDX-License-Identifier: Apache-2.0
#include "installation.h"

#include <dlfcn.h>
#include <elf.h>
#include <execlet/execlet.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

namespace execlet::core {
namespace {

namespace fs = std::filesystem;

// The file whose code this is. dladdr names the main program by argv[0], which may be anything.
fs::path own_file() {
  Dl_info info = {};
  link_map *map = nullptr;
  std::error_code error;
  if (dladdr1(reinterpret_cast<const void *>(&own_file), &info, reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP) ==
          0 ||
      map == nullptr || map->l_name == nullptr || map->l_name[0] == '\0')
    return fs::read_symlink("/proc/self/exe", error);
  fs::path resolved = fs::canonical(map->l_name, error);
  return error ? fs::path(map->l_name) : resolved;
}

std::vector<fs::path> find_directories() {
  const fs::path directory = installation_file().parent_path();
  return {directory / "execlet", (directory / ".." / "lib" / "execlet").lexically_normal()};
}

std::string hex(const unsigned char *bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

// The build id among the notes of one loaded file; the notes are part of ourselves and trusted.
std::string build_id_in(const unsigned char *notes, std::size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes, sizeof head);
    const std::size_t name_size = (head.n_namesz + 3u) & ~std::size_t{3};
    const std::size_t data_size = (head.n_descsz + 3u) & ~std::size_t{3};
    const std::size_t total = sizeof head + name_size + data_size;
    if (total > size) return {};
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && std::memcmp(notes + sizeof head, "GNU", 4) == 0)
      return hex(notes + sizeof head + name_size, head.n_descsz);
    notes += total;
    size -= total;
  }
  return {};
}

int look_for_build_id(dl_phdr_info *info, std::size_t, void *out) {
  const auto here = reinterpret_cast<std::uintptr_t>(&own_file);
  bool is_own = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && here - (info->dlpi_addr + segment.p_vaddr) < segment.p_memsz) is_own = true;
  }
  if (!is_own) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    std::string id =
        build_id_in(reinterpret_cast<const unsigned char *>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz);
    if (!id.empty()) *static_cast<std::string *>(out) = std::move(id);
  }
  return 1;
}

std::string find_build_id() {
  std::string id;
  dl_iterate_phdr(look_for_build_id, &id);
  if (id.empty())
    id = std::to_string(EXECLET_VERSION_MAJOR) + "." + std::to_string(EXECLET_VERSION_MINOR) + "." +
         std::to_string(EXECLET_VERSION_PATCH);
  return id;
}

}  // namespace

const fs::path &installation_file() {
  static const auto *const file = new fs::path(own_file());
  return *file;
}

const std::vector<fs::path> &installation_directories() {
  static const auto *const directories = new std::vector<fs::path>(find_directories());
  return *directories;
}

const std::string &core_build_id() {
  static const auto *const id = new std::string(find_build_id());
  return *id;
}

}  // namespace execlet::core

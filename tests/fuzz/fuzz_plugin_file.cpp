// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a plugin's file: read within bounds and without believing sizes, and judged the same by those who stop
// at the first problem and by those who look for all.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "loader/plugin_file.h"
#include "require.h"

using namespace execlet::core;

namespace {

// One file for the whole process: the reader wants a path.
class Scratch {
 public:
  Scratch() : fd_(mkstemp(path_.data())) { EXECLET_REQUIRE(fd_ >= 0); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  ~Scratch() { unlink(path_.c_str()); }

  RegularFile with(const std::uint8_t *data, std::size_t size) {
    EXECLET_REQUIRE(ftruncate(fd_, 0) == 0 && pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size));
    Result<RegularFile> file = RegularFile::open(path_);
    EXECLET_REQUIRE(file.ok());
    return *std::move(file);
  }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "execlet-fuzz-XXXXXX").string();
  int fd_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static Scratch scratch;
  const RegularFile file = scratch.with(data, size);
  std::vector<Failure> problems;
  const std::optional<ElfFile> inspected = ElfFile::inspect(file, problems);
  const Result<ElfFile> opened = ElfFile::open(file);
  EXECLET_REQUIRE(opened.ok() == problems.empty());
  if (!opened) EXECLET_REQUIRE(opened.failure().reason == problems.front().reason);
  if (inspected) {
    if (const auto names = inspected->exported(""))
      for (const std::string &name : *names) EXECLET_REQUIRE(!name.empty() && name.size() <= 1024);
    if (const auto needed = inspected->needed()) EXECLET_REQUIRE(needed->size() <= 256);
    (void)inspected->has_search_path();
    if (const auto text = read_manifest_text(*inspected, file)) EXECLET_REQUIRE(text->size() <= kMaxManifestSize);
  }
  const Result<Manifest> manifest = read_plugin_file(file);
  EXECLET_REQUIRE(!manifest.ok() || (opened.ok() && is_plugin_name(manifest->name)));
  return 0;
}

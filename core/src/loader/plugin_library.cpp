// SPDX-License-Identifier: Apache-2.0
#include "plugin_library.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dynamic_library.h"
#include "handshake.h"
#include "pinned_digest.h"
#include "plugin_file.h"
#include "plugin_init.h"
#include "refusal.h"
#include "trial_load.h"
#include "trust_check.h"

namespace execlet::core {

namespace {

constexpr std::chrono::milliseconds kInitTime(4000);

// One state of one file.
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified = {};
  timespec changed = {};

  static FileState of(const struct stat &status) {
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
  }
  bool is_same_file(const FileState &other) const { return device == other.device && inode == other.inode; }
  bool operator==(const FileState &other) const {
    return is_same_file(other) && size == other.size && modified.tv_sec == other.modified.tv_sec &&
           modified.tv_nsec == other.modified.tv_nsec && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

// What this process did with one library.
struct Slot {
  std::string path;
  FileState file;
  std::mutex mutex;  // held while the file is being loaded; guards what follows
  bool mapped = false;
  const PluginLibrary *library = nullptr;
  std::optional<Failure> verdict;  // not to be tried again in `verdict_state`; once mapped, not at all
  FileState verdict_state;
};

// Leaky: plugins may be in use while static objects are destroyed. By path or by inode, as the dynamic linker itself
// recognises what it has already: both ways to the same library must lead to the same slot, or init would run twice.
Slot &slot_of(const std::filesystem::path &path, const FileState &state) {
  static auto *const mutex = new std::mutex;
  static auto *const slots = new std::vector<std::unique_ptr<Slot>>;
  const std::lock_guard lock(*mutex);
  for (const std::unique_ptr<Slot> &slot : *slots)
    if (slot->path == path.native() || slot->file.is_same_file(state)) return *slot;
  slots->push_back(std::make_unique<Slot>());
  slots->back()->path = path.native();
  slots->back()->file = state;
  return *slots->back();
}

bool is_lasting(const Failure &failure) {
  return failure.reason.compare(0, 6, "probe.") == 0 && failure.reason != "probe.start";
}

Result<void> check_trust(const std::filesystem::path &listed, const RegularFile &file) {
  if (auto directory = check_directory_trust(file.path().parent_path()); !directory)
    return std::move(directory).failure();
  if (auto own = check_file_trust(file); !own) return std::move(own).failure();
  return check_pinned_digest(listed, file);
}

// All that is done before the file's own code runs here.
Result<void> check_file(const std::filesystem::path &listed, const RegularFile &file, const Manifest &manifest) {
  if (auto trust = check_trust(listed, file); !trust) return std::move(trust).failure();
  Result<ElfFile> elf = ElfFile::open(file);
  if (!elf) return std::move(elf).failure();
  Result<std::string> text = read_manifest_text(*elf, file);
  if (!text) return std::move(text).failure();
  if (*text != manifest.text)
    return refusal("manifest.mismatch", listed.string() + " was changed after it was found; look for plugins again");
  return ensure_tried(file);
}

// The library is mapped from `entry` on, and stays so.
Result<const execlet_abi_plugin *> set_up(execlet_abi_entry entry, const std::filesystem::path &listed,
                                          const Manifest &manifest) {
  TableExpectation expected;
  expected.file = listed.string();
  expected.manifest_text = manifest.text;
  expected.name = manifest.name;
  expected.needs_reset = manifest.capabilities.reset != Reset::kNone;
  Result<const execlet_abi_plugin *> table = request_table(entry, expected);
  if (!table) return table;
  if (auto ready = init_plugin_within(**table, expected.file, kInitTime); !ready) return std::move(ready).failure();
  return table;
}

}  // namespace

Result<const PluginLibrary *> PluginLibrary::load(const std::filesystem::path &file, const Manifest &manifest) {
  Result<std::filesystem::path> target = resolve_in_directory(file);
  if (!target) return std::move(target).failure();
  Result<RegularFile> opened = RegularFile::open(*target);
  if (!opened) return std::move(opened).failure();

  const FileState state = FileState::of(opened->status());
  Slot &slot = slot_of(*target, state);
  const std::lock_guard lock(slot.mutex);
  if (slot.library != nullptr) {
    if (manifest.text == slot.library->table().manifest_json) return slot.library;
    return refusal("load.replaced", file.string() + " was changed after it was loaded; restart this process to use it");
  }
  if (slot.verdict && (slot.mapped || slot.verdict_state == state)) return *slot.verdict;

  if (auto checked = check_file(file, *opened, manifest); !checked) {
    if (is_lasting(checked.failure())) {
      slot.verdict = checked.failure();
      slot.verdict_state = state;
    }
    return std::move(checked).failure();
  }
  Result<execlet_abi_entry> entry = load_entry(*target);
  if (!entry) return std::move(entry).failure();
  slot.mapped = true;
  Result<const execlet_abi_plugin *> table = set_up(*entry, file, manifest);
  if (!table) {
    slot.verdict = table.failure();
    return std::move(table).failure();
  }
  slot.library = new PluginLibrary(file, *table);
  return slot.library;
}

}  // namespace execlet::core

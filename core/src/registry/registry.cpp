// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include <utility>

#include "directory_scan.h"
#include "explanation.h"

namespace execlet::core {
namespace {

// The first directory wins; within one, duplicates were refused already.
void shadow_later_ones(std::vector<DirectoryReport> &reports) {
  std::map<std::string, std::filesystem::path> first;
  for (DirectoryReport &report : reports)
    for (Candidate &candidate : report.candidates) {
      if (candidate.state != Candidate::State::kUsable) continue;
      const auto [at, is_first] = first.emplace(candidate.manifest->name, candidate.file);
      if (is_first) continue;
      candidate.state = Candidate::State::kShadowed;
      candidate.reason = "registry.shadowed";
      candidate.message = "shadowed by " + at->second.string();
    }
}

}  // namespace

Registry::Registry(std::vector<SearchDirectory> directories) : directories_(std::move(directories)) {}

void Registry::scan() {
  std::vector<DirectoryReport> reports;
  for (const SearchDirectory &directory : directories_) reports.push_back(scan_directory(directory));
  shadow_later_ones(reports);
  reports_ = std::move(reports);
  scanned_ = true;
}

const Candidate *Registry::find(std::string_view name) const {
  for (const DirectoryReport &report : reports_)
    for (const Candidate &candidate : report.candidates)
      if (candidate.state == Candidate::State::kUsable && candidate.manifest->name == name) return &candidate;
  return nullptr;
}

const Candidate *Registry::find_or_scan(std::string_view name) {
  const bool is_fresh = !scanned_;
  if (is_fresh) scan();
  const Candidate *found = find(name);
  if (found != nullptr || is_fresh) return found;
  scan();
  return find(name);
}

Result<Manifest> Registry::manifest(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto loaded = loaded_.find(name); loaded != loaded_.end()) return loaded->second.manifest;
  const Candidate *found = find_or_scan(name);
  if (found == nullptr) return explain_missing(name, reports_);
  return *found->manifest;
}

Result<Registry::Choice> Registry::choose(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const Candidate *found = find_or_scan(name);
  if (found == nullptr) return explain_missing(name, reports_);
  return Choice{found->file, *found->manifest};
}

const PluginLibrary *Registry::find_loaded(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto loaded = loaded_.find(name);
  return loaded == loaded_.end() ? nullptr : loaded->second.library;
}

Result<const PluginLibrary *> Registry::load(const Choice &choice) {
  Result<const PluginLibrary *> library = PluginLibrary::load(choice.file, choice.manifest);
  const std::lock_guard lock(mutex_);
  if (library)
    load_failures_.erase(choice.file);
  else
    load_failures_.insert_or_assign(choice.file, library.failure());
  return library;
}

Result<const PluginLibrary *> Registry::load(std::string_view name) {
  if (const PluginLibrary *library = find_loaded(name); library != nullptr) return library;
  Result<Choice> choice = choose(name);
  if (!choice) return std::move(choice).failure();
  // Without the lock: a trial load takes milliseconds, at worst seconds.
  Result<const PluginLibrary *> library = load(*choice);
  if (!library) {
    // The file may be another one than the scan saw, or have moved: an upgrade of a package does that.
    {
      const std::lock_guard lock(mutex_);
      scan();
    }
    Result<Choice> now = choose(name);
    if (!now) return std::move(now).failure();
    if (now->file == choice->file && now->manifest.text == choice->manifest.text) return library;
    choice = std::move(now);
    library = load(*choice);
    if (!library) return library;
  }
  const std::lock_guard lock(mutex_);
  Loaded loaded{*library, std::move(choice->manifest)};
  return loaded_.try_emplace(std::string(name), std::move(loaded)).first->second.library;
}

void Registry::rescan() {
  const std::lock_guard lock(mutex_);
  load_failures_.clear();
  scan();
}

std::vector<DirectoryReport> Registry::report() {
  const std::lock_guard lock(mutex_);
  if (!scanned_) scan();
  std::vector<DirectoryReport> reports = reports_;
  // Discovery sees no fault in these, and would let them be tried again: only what is told differs.
  for (DirectoryReport &report : reports)
    for (Candidate &candidate : report.candidates) {
      const auto failure = load_failures_.find(candidate.file);
      if (candidate.state != Candidate::State::kUsable || failure == load_failures_.end()) continue;
      candidate.state = Candidate::State::kRefused;
      candidate.reason = failure->second.reason;
      candidate.message = failure->second.message;
    }
  return reports;
}

}  // namespace execlet::core

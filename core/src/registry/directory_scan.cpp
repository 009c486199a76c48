// SPDX-License-Identifier: Apache-2.0
#include "directory_scan.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "../loader/pinned_digest.h"
#include "../loader/plugin_file.h"
#include "../loader/regular_file.h"
#include "../loader/trust_check.h"

namespace execlet::core {
namespace {

namespace fs = std::filesystem;

struct Entry {
  fs::path path;
  bool is_link = false;
};

void refuse(Candidate &candidate, Failure failure) {
  candidate.state = Candidate::State::kRefused;
  candidate.reason = std::move(failure.reason);
  candidate.message = std::move(failure.message);
}

Candidate refused(const fs::path &file, Failure failure) {
  Candidate candidate;
  candidate.file = file;
  refuse(candidate, std::move(failure));
  return candidate;
}

bool is_hidden(const fs::path &path) {
  return path.filename().native().front() == '.';
}

// Sorted: the order of a directory is an accident.
std::vector<Entry> list(const fs::path &directory, bool want_directories, std::error_code &error) {
  std::vector<Entry> found;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;  // a file that vanished meanwhile is none of ours
    if (is_hidden(at->path())) continue;
    const bool is_directory = at->is_directory(ignored);
    if (is_directory ? !want_directories : want_directories || at->path().extension() != ".so") continue;
    found.push_back({at->path(), at->is_symlink(ignored)});
  }
  std::sort(found.begin(), found.end(), [](const Entry &a, const Entry &b) { return a.path < b.path; });
  return found;
}

// Links last, so that a link to a file of the same directory is recognised as such.
class FileScan {
 public:
  explicit FileScan(std::vector<std::string> &warnings) : warnings_(warnings) {}

  std::vector<Candidate> read(std::vector<Entry> entries) {
    std::stable_partition(entries.begin(), entries.end(), [](const Entry &entry) { return !entry.is_link; });
    std::vector<Candidate> found;
    for (const Entry &entry : entries) read(entry, found);
    return found;
  }

 private:
  void read(const Entry &entry, std::vector<Candidate> &found) {
    fs::path target = entry.path;
    if (entry.is_link) {
      Result<fs::path> resolved = resolve_in_directory(entry.path);
      if (!resolved) return found.push_back(refused(entry.path, std::move(resolved).failure()));
      target = *std::move(resolved);
    }
    Result<RegularFile> file = RegularFile::open(target);
    if (!file) return found.push_back(refused(entry.path, std::move(file).failure()));
    const std::pair<dev_t, ino_t> identity(file->status().st_dev, file->status().st_ino);
    if (entry.is_link && seen_.count(identity) != 0) return;
    seen_[identity] = entry.path;

    Candidate candidate;
    candidate.file = entry.path;
    Result<Manifest> manifest = read_plugin_file(*file);
    if (manifest)
      candidate.manifest = *std::move(manifest);
    else
      refuse(candidate, std::move(manifest).failure());
    check(*file, candidate);
    found.push_back(std::move(candidate));
  }

  // What is worse than a bad format: written by others, or not the file that was meant.
  void check(const RegularFile &file, Candidate &candidate) {
    Result<TrustWarnings> trust = check_file_trust(file);
    if (!trust) return refuse(candidate, std::move(trust).failure());
    warnings_.insert(warnings_.end(), trust->begin(), trust->end());
    if (auto pin = check_pinned_digest(candidate.file, file); !pin) refuse(candidate, std::move(pin).failure());
  }

  std::vector<std::string> &warnings_;
  std::map<std::pair<dev_t, ino_t>, fs::path> seen_;
};

std::vector<Candidate> scan_sub_directory(const Entry &entry, FileScan &files, std::vector<std::string> &warnings) {
  if (entry.is_link) {
    Result<fs::path> resolved = resolve_in_directory(entry.path);
    // A link to another sub-directory of the same directory: that one is scanned anyway.
    if (resolved) return {};
    return {refused(entry.path, std::move(resolved).failure())};
  }
  Result<TrustWarnings> trust = check_directory_trust(entry.path);
  if (!trust) return {refused(entry.path, std::move(trust).failure())};
  warnings.insert(warnings.end(), trust->begin(), trust->end());

  std::error_code error;
  std::vector<Entry> entries = list(entry.path, false, error);
  if (error) {
    Failure failure;
    failure.reason = "file.unreadable";
    failure.message = entry.path.string() + ": " + error.message();
    return {refused(entry.path, std::move(failure))};
  }
  std::vector<Candidate> found = files.read(std::move(entries));
  const bool has_plugin = std::any_of(found.begin(), found.end(),
                                      [](const Candidate &candidate) { return candidate.manifest.has_value(); });
  if (has_plugin)
    found.erase(std::remove_if(found.begin(), found.end(),
                               [](const Candidate &candidate) { return candidate.reason == "manifest.missing"; }),
                found.end());
  return found;
}

void refuse_duplicates(std::vector<Candidate> &candidates) {
  std::map<std::string, std::vector<Candidate *>> by_name;
  for (Candidate &candidate : candidates)
    if (candidate.state == Candidate::State::kUsable) by_name[candidate.manifest->name].push_back(&candidate);
  for (auto &[name, same] : by_name) {
    if (same.size() < 2) continue;
    for (std::size_t i = 0; i < same.size(); ++i) {
      const fs::path &other = same[i == 0 ? 1 : 0]->file;
      Failure failure;
      failure.reason = "registry.duplicate";
      failure.message = same[i]->file.string() + " and " + other.string() + " in one directory are both called \"" +
                        name + "\"; neither is used until one of them is removed";
      refuse(*same[i], std::move(failure));
    }
  }
}

}  // namespace

DirectoryReport scan_directory(const SearchDirectory &directory) {
  DirectoryReport report;
  report.directory = directory;
  std::error_code error;
  const fs::file_status status = fs::status(directory.path, error);
  if (status.type() == fs::file_type::not_found) return report;
  report.exists = true;
  if (status.type() == fs::file_type::none) {
    report.refusal = directory.path.string() + ": " + error.message();
    return report;
  }
  if (status.type() != fs::file_type::directory) {
    report.refusal = directory.path.string() + " is not a directory";
    return report;
  }
  Result<TrustWarnings> trust = check_directory_trust(directory.path);
  if (!trust) {
    report.refusal = trust.failure().message;
    return report;
  }
  report.warnings = *std::move(trust);

  std::vector<Entry> files = list(directory.path, false, error);
  std::vector<Entry> sub_directories;
  if (!error) sub_directories = list(directory.path, true, error);
  if (error) {
    report.refusal = directory.path.string() + ": " + error.message();
    return report;
  }
  FileScan scan(report.warnings);
  report.candidates = scan.read(std::move(files));
  for (const Entry &entry : sub_directories) {
    std::vector<Candidate> found = scan_sub_directory(entry, scan, report.warnings);
    std::move(found.begin(), found.end(), std::back_inserter(report.candidates));
  }
  std::sort(report.candidates.begin(), report.candidates.end(),
            [](const Candidate &a, const Candidate &b) { return a.file < b.file; });
  refuse_duplicates(report.candidates);

  // Every sub-directory repeats what its parents were warned about.
  std::sort(report.warnings.begin(), report.warnings.end());
  report.warnings.erase(std::unique(report.warnings.begin(), report.warnings.end()), report.warnings.end());
  return report;
}

}  // namespace execlet::core

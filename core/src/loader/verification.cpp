// SPDX-License-Identifier: Apache-2.0
#include "verification.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "file_digest.h"
#include "manifest_reader.h"
#include "manifest_vocabulary.h"
#include "pinned_digest.h"
#include "plugin_file.h"
#include "refusal.h"
#include "trial_load.h"
#include "trust_check.h"

namespace execlet::core {
namespace {

bool begins_with(const std::string &text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

class Verifier {
 public:
  explicit Verifier(const std::filesystem::path &file) {
    std::error_code error;
    found_.file = std::filesystem::absolute(file, error).lexically_normal();
    if (error) found_.file = file;
  }

  Verification run() {
    add(inspect_directory_trust(found_.file.parent_path()));
    if (const std::optional<RegularFile> file = open()) {
      add(inspect_file_trust(*file));
      if (auto pin = check_pinned_digest(found_.file, *file); !pin) add(std::move(pin).failure());
      if (const auto digest = file_digest(*file)) found_.digest = *digest;
      read(*file);
      try_it(*file);
    } else {
      found_.not_tried = "it cannot be opened";
    }
    return std::move(found_);
  }

 private:
  void add(Failure problem) { found_.problems.push_back(std::move(problem)); }
  void add(TrustFindings findings) {
    std::move(findings.problems.begin(), findings.problems.end(), std::back_inserter(found_.problems));
    std::move(findings.warnings.begin(), findings.warnings.end(), std::back_inserter(found_.warnings));
  }

  std::optional<RegularFile> open() {
    Result<std::filesystem::path> target = resolve_in_directory(found_.file);
    if (!target) add(target.failure());
    // A link out of the directory is wrong, and what it leads to may be wrong as well.
    std::error_code error;
    const std::filesystem::path path = target ? *target : std::filesystem::canonical(found_.file, error);
    if (error) return std::nullopt;
    Result<RegularFile> file = RegularFile::open(path);
    if (file) return *std::move(file);
    add(std::move(file).failure());
    return std::nullopt;
  }

  void read(const RegularFile &file) {
    const std::optional<ElfFile> elf = ElfFile::inspect(file, found_.problems);
    if (!elf) return;
    if (Result<std::string> text = read_manifest_text(*elf, file); text) {
      const std::size_t before = found_.problems.size();
      found_.manifest = Manifest::inspect(*text, found_.problems);
      for (const std::string &line : unknown_words(*text))
        found_.warnings.push_back(file.path().string() + ": " + line);
      for (std::size_t i = before; i < found_.problems.size(); ++i)
        found_.problems[i].message = file.path().string() + ": " + found_.problems[i].message;
    } else {
      add(std::move(text).failure());
    }
    if (auto entry = check_entry(*elf, file); !entry) add(std::move(entry).failure());
    warn_of_exports(*elf);
    refuse_imports(*elf);
  }

  // Such a plugin loads where the host happens to show its symbols, and nowhere else.
  void refuse_imports(const ElfFile &elf) {
    const Result<std::vector<std::string>> imported = elf.imported("execlet_");
    if (!imported || imported->empty()) return;
    std::string names;
    for (const std::string &name : *imported) names += (names.empty() ? "" : ", ") + printable(name);
    add(refusal("abi.imports", found_.file.string() + " takes symbols of the host: " + names +
                                   "; a plugin gets everything by the host's table"));
  }

  // Such symbols can be taken for those of another library, or others for them.
  void warn_of_exports(const ElfFile &elf) {
    const Result<std::vector<std::string>> exported = elf.exported("");
    if (!exported) return;
    std::vector<std::string> others;
    std::copy_if(exported->begin(), exported->end(), std::back_inserter(others),
                 [](const std::string &name) { return !begins_with(name, kEntryPrefix); });
    if (others.empty()) return;
    found_.warnings.push_back(found_.file.string() + " exports more than its entry function (" + others.front() +
                              (others.size() > 1 ? " and others" : "") + "); link it with sdk/cmake/plugin.map");
  }

  // Code that others may have put there is not run, not even in a process of its own.
  void try_it(const RegularFile &file) {
    for (const Failure &problem : found_.problems) {
      if (begins_with(problem.reason, "manifest.")) continue;
      found_.not_tried = "it is not loaded on trial as long as there is \"" + problem.reason + "\"";
      return;
    }
    for (Failure &problem : trial_problems(file.path())) add(std::move(problem));
  }

  Verification found_;
};

}  // namespace

Verification verify_plugin(const std::filesystem::path &file) {
  return Verifier(file).run();
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "trust_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "refusal.h"

namespace execlet::core {
namespace {

// In a user namespace that maps only some ids (most sandboxes), everything else, root's files too, seems to belong to
// this one id. Then nothing can be said about the owner but that this user cannot become it.
bool is_unmapped_owner(uid_t owner) {
  unsigned long overflow = 0;
  if (!(std::ifstream("/proc/sys/kernel/overflowuid") >> overflow) || owner != overflow) return false;
  unsigned long inside = 0;
  unsigned long outside = 0;
  unsigned long count = 0;
  std::ifstream map("/proc/self/uid_map");
  while (map >> inside >> outside >> count)
    if (owner >= inside && owner - inside < count) return false;
  return true;
}

void check_owner(const std::filesystem::path &path, const struct stat &status, TrustFindings &findings) {
  if (status.st_uid == 0 || status.st_uid == geteuid()) return;
  if (is_unmapped_owner(status.st_uid))
    return findings.warnings.push_back(path.string() + " belongs to a user outside of this user namespace");
  findings.problems.push_back(refusal("trust.owner", path.string() + " belongs to user " +
                                                         std::to_string(status.st_uid) +
                                                         ", neither to root nor to user " + std::to_string(geteuid()) +
                                                         "; change its owner, or install the plugin elsewhere"));
}

void check_mode(const std::filesystem::path &path, const struct stat &status, bool may_be_sticky,
                TrustFindings &findings) {
  if ((status.st_mode & S_IWOTH) != 0 && !(may_be_sticky && (status.st_mode & S_ISVTX) != 0))
    findings.problems.push_back(refusal("trust.world-writable", path.string() +
                                                                    " can be written by everyone; take that away: "
                                                                    "chmod o-w " +
                                                                    path.string()));
  else if ((status.st_mode & S_IWGRP) != 0 && (status.st_mode & S_ISVTX) == 0)
    findings.warnings.push_back(path.string() + " can be written by group " + std::to_string(status.st_gid));
}

Result<TrustWarnings> first_problem_of(TrustFindings findings) {
  if (!findings.problems.empty()) return std::move(findings.problems.front());
  return std::move(findings.warnings);
}

Failure unreadable(const std::filesystem::path &path, const std::error_code &error) {
  return refusal("file.unreadable", path.string() + ": " + error.message());
}

}  // namespace

TrustFindings inspect_directory_trust(const std::filesystem::path &directory) {
  TrustFindings findings;
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::canonical(directory, error);
  if (error) {
    findings.problems.push_back(unreadable(directory, error));
    return findings;
  }
  for (std::filesystem::path at = resolved;; at = at.parent_path()) {
    struct stat status = {};
    if (lstat(at.c_str(), &status) != 0) {
      findings.problems.push_back(unreadable(at, std::error_code(errno, std::generic_category())));
    } else if (!S_ISDIR(status.st_mode)) {
      findings.problems.push_back(refusal("trust.not-directory", at.string() + " is not a directory"));
    } else {
      const bool is_parent = at != resolved;
      check_owner(at, status, findings);
      check_mode(at, status, is_parent, findings);
    }
    if (at == at.root_path()) break;
  }
  return findings;
}

TrustFindings inspect_file_trust(const RegularFile &file) {
  TrustFindings findings;
  check_owner(file.path(), file.status(), findings);
  check_mode(file.path(), file.status(), false, findings);
  return findings;
}

Result<TrustWarnings> check_directory_trust(const std::filesystem::path &directory) {
  return first_problem_of(inspect_directory_trust(directory));
}

Result<TrustWarnings> check_file_trust(const RegularFile &file) {
  return first_problem_of(inspect_file_trust(file));
}

Result<std::filesystem::path> resolve_in_directory(const std::filesystem::path &file) {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::canonical(file.parent_path(), error);
  if (error) return unreadable(file.parent_path(), error);
  const std::filesystem::path target = std::filesystem::canonical(file, error);
  if (error) return unreadable(file, error);
  const auto mismatch = std::mismatch(directory.begin(), directory.end(), target.begin(), target.end());
  if (mismatch.first != directory.end())
    return refusal("trust.symlink", file.string() + " is a link to " + target.string() +
                                        ", outside of its directory; copy the file, or name that directory instead");
  return target;
}

}  // namespace execlet::core

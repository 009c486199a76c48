// SPDX-License-Identifier: Apache-2.0
#include "pinned_digest.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string>

#include "file_digest.h"
#include "refusal.h"
#include "trust_check.h"

namespace execlet::core {
namespace {

constexpr std::size_t kDigestText = 64;
constexpr std::size_t kMaxPinSize = 4096;

Result<std::string> read_pin(const std::filesystem::path &file) {
  Result<RegularFile> pin = RegularFile::open(file);
  if (!pin) return std::move(pin).failure();
  if (auto trust = check_file_trust(*pin); !trust) return std::move(trust).failure();
  const Failure malformed = refusal("trust.digest-malformed", file.string() +
                                                                  " does not begin with 64 hex digits; write it with "
                                                                  "sha256sum");
  if (pin->size() < kDigestText || pin->size() > kMaxPinSize) return malformed;
  std::string text(static_cast<std::size_t>(pin->size()), '\0');
  if (!pin->read_at(0, text.data(), text.size())) return refusal("file.unreadable", file.string() + " cannot be read");
  const auto begin = text.begin();
  const auto end = begin + kDigestText;
  if (!std::all_of(begin, end, [](unsigned char c) { return std::isxdigit(c) != 0; })) return malformed;
  if (end != text.end() && std::isspace(static_cast<unsigned char>(*end)) == 0) return malformed;
  std::transform(begin, end, begin, [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  text.resize(kDigestText);
  return text;
}

}  // namespace

Result<void> check_pinned_digest(const std::filesystem::path &listed, const RegularFile &file) {
  const std::filesystem::path pin_file = listed.string() + ".sha256";
  struct stat status = {};
  // A name that leaves no room for the pin's has none.
  if (lstat(pin_file.c_str(), &status) != 0 && (errno == ENOENT || errno == ENAMETOOLONG)) return {};
  Result<std::string> pinned = read_pin(pin_file);
  if (!pinned) return std::move(pinned).failure();
  Result<std::string> actual = file_digest(file);
  if (!actual) return std::move(actual).failure();
  if (*pinned == *actual) return {};
  return refusal("trust.digest", listed.string() + " has the SHA-256 " + *actual + ", but " + pin_file.string() +
                                     " says " + *pinned + "; the file is not the one that was meant: install it again");
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "file_digest.h"

#include <sha2.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "load_cache.h"
#include "refusal.h"

namespace execlet::core {
namespace {

constexpr std::size_t kDigestText = 2 * SHA256_DIGEST_LENGTH;

std::string time_text(const timespec &time) {
  return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
}

std::string identity_of(const RegularFile &file) {
  const struct stat &status = file.status();
  return std::to_string(status.st_dev) + " " + std::to_string(status.st_ino) + " " + std::to_string(status.st_size) +
         " " + time_text(status.st_mtim) + " " + time_text(status.st_ctim) + " " + file.path().string() + "\n";
}

// FNV-1a: only a file name; the entry itself holds the whole identity.
std::string entry_name(std::string_view identity) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : identity) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return "file-" + std::to_string(hash);
}

bool is_digest(std::string_view text) {
  return text.size() == kDigestText &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A file changed twice within one tick of the kernel's clock keeps its times.
bool is_settled(const RegularFile &file) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec - file.status().st_ctim.tv_sec > 1;
}

std::optional<std::string> compute(const RegularFile &file) {
  SHA2_CTX context;
  SHA256Init(&context);
  std::vector<std::uint8_t> block(128u << 10);
  for (std::uint64_t at = 0; at < file.size();) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file.size() - at));
    if (!file.read_at(at, block.data(), size)) return std::nullopt;
    SHA256Update(&context, block.data(), size);
    at += size;
  }
  std::array<char, SHA256_DIGEST_STRING_LENGTH> text = {};
  SHA256End(&context, text.data());
  return std::string(text.data());
}

}  // namespace

Result<std::string> file_digest(const RegularFile &file) {
  const std::string identity = identity_of(file);
  const std::string entry = entry_name(identity);
  if (const std::optional<std::string> known = read_load_cache(entry);
      known && known->size() == identity.size() + kDigestText && known->compare(0, identity.size(), identity) == 0 &&
      is_digest(std::string_view(*known).substr(identity.size())))
    return known->substr(identity.size());

  std::optional<std::string> digest = compute(file);
  if (!digest) return refusal("file.unreadable", file.path().string() + " cannot be read to its end");
  if (is_settled(file)) write_load_cache(entry, identity + *digest);
  return *std::move(digest);
}

}  // namespace execlet::core

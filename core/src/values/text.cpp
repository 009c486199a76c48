// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <string.h>  // NOLINT: sigabbrev_np is not in <cstring>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace execlet::core {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Sequence {
  std::size_t size;  // bytes to step over; at least 1
  bool well_formed;
};

// Table 3-7 of the Unicode standard: only the second byte's range depends on the first.
Sequence next_sequence(const unsigned char *bytes, std::size_t size) {
  const unsigned char lead = bytes[0];
  if (lead < 0x80) return {1, true};
  std::size_t length = 0;
  unsigned char low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= size || bytes[i] < low || bytes[i] > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

// Most output is ASCII; eight bytes at a time keep the check out of the profile.
std::size_t ascii_prefix(const unsigned char *bytes, std::size_t size) {
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  while (i < size && bytes[i] < 0x80) ++i;
  return i;
}

std::size_t well_formed_prefix(std::string_view text) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
  std::size_t i = 0;
  while (true) {
    i += ascii_prefix(bytes + i, text.size() - i);
    if (i == text.size()) return i;
    const Sequence next = next_sequence(bytes + i, text.size() - i);
    if (!next.well_formed) return i;
    i += next.size;
  }
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  return well_formed_prefix(bytes) == bytes.size();
}

std::string lossy_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t good = well_formed_prefix(bytes);
    out.append(bytes.substr(0, good));
    bytes.remove_prefix(good);
    if (bytes.empty()) break;
    out.append(kReplacement);
    bytes.remove_prefix(next_sequence(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size()).size);
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += j <= count ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  static const std::array<signed char, 256> kValues = [] {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
      values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
    return values;
  }();
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t pad = i + 4 == text.size() ? padding : 0;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const signed char value = j < 4 - pad ? kValues[static_cast<unsigned char>(text[i + j])] : 0;
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    if ((pad == 1 && group & 0xFF) || (pad == 2 && group & 0xFFFF)) return std::nullopt;
    for (std::size_t j = 0; j < 3 - pad; ++j) out += static_cast<char>(group >> (16 - 8 * j) & 0xFF);
  }
  return out;
}

std::string signal_text(int number) {
  const char *name = ::sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace execlet::core

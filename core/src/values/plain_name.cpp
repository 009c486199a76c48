// SPDX-License-Identifier: Apache-2.0
#include "plain_name.h"

#include <algorithm>

namespace execlet::core {

bool is_plain_name(std::string_view name) {
  constexpr std::size_t kLongest = 63;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), fits) && name[0] != '-' &&
         name[0] != '.';
}

}  // namespace execlet::core

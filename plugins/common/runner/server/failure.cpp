// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include <cstring>

namespace execlet::runner {

std::string_view error_text(int error) {
  const char *text = strerrordesc_np(error);
  return text != nullptr ? text : "unknown error";
}

std::string decimal(std::uint64_t value) {
  char digits[20];
  std::size_t start = sizeof digits;
  do {
    digits[--start] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return {digits + start, sizeof digits - start};
}

}  // namespace execlet::runner

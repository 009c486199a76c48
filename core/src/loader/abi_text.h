// SPDX-License-Identifier: Apache-2.0
//
// Text of the plugin ABI as views and back. Borrowed both ways.
#pragma once

#include <string>
#include <string_view>

#include "execlet/plugin.h"

namespace execlet::core {

inline std::string_view view(execlet_abi_str text) {
  return text.data ? std::string_view(text.data, static_cast<std::size_t>(text.size)) : std::string_view();
}
inline execlet_abi_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string copy(execlet_abi_str text) {
  return std::string(view(text));
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// A call into a plugin from which an exception may come although none may: the C++ glue lets none out, a plugin without
// it can. Where the runtime libraries of both sides let it be caught at all, it becomes an error of the call.
#pragma once

#include <cxxabi.h>

#include <exception>
#include <string_view>

#include "../loader/abi_text.h"
#include "../loader/plugin_error.h"
#include "execlet/plugin.h"

namespace execlet::core {

// `call` returns an execlet_abi_status.
template <class Call>
execlet_abi_status contained(PluginError &error, Call call) {
  constexpr std::string_view kReason = "plugin.exception";
  try {
    return call();
  } catch (const abi::__forced_unwind &) {
    throw;  // the thread itself is being ended; that cannot be stopped
  } catch (const std::exception &thrown) {
    set_plugin_error(&error, borrow(kReason), borrow(thrown.what()), {});
  } catch (...) {
    set_plugin_error(&error, borrow(kReason), borrow("an exception of another kind than std::exception"), {});
  }
  return EXECLET_ABI_INTERNAL;
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// The border to C: no exception passes, failures become handles.
#pragma once

#include <execlet/execlet.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "../base/result.h"
#include "handles.h"

namespace execlet::core {

// Runs `body`, which returns Result<void>.
template <class Body>
execlet_status guarded(execlet_error **error, Body body) noexcept {
  if (error) *error = nullptr;
  try {
    Failure failure{EXECLET_INTERNAL_ERROR, "core.exception", "unknown exception"};
    try {
      Result<void> done = body();
      if (done) return EXECLET_OK;
      failure = std::move(done).failure();
    } catch (const std::bad_alloc &) {
      failure = {EXECLET_INTERNAL_ERROR, "memory.exhausted", "out of memory"};
    } catch (const std::exception &e) {
      failure.message = e.what();
    }
    const execlet_status status = failure.status;
    if (error) *error = new execlet_error{std::move(failure)};
    return status;
  } catch (...) {
    return EXECLET_INTERNAL_ERROR;  // not even memory for the error
  }
}

// `body` returns a std::string; NULL if there is no memory.
template <class Body>
execlet_text *text_from(Body body) noexcept {
  try {
    return new execlet_text{body()};
  } catch (...) {
    return nullptr;
  }
}

// `handle` can be used, and there is somewhere to put what comes of it, which is NULL until then.
template <class Handle, class Out>
Result<void> check_call(const Handle *handle, std::string_view name, Out **out) {
  if (!out) return null_argument("out");
  *out = nullptr;
  return check_handle(handle, name);
}

// The value of a Result, handed to the caller as a text.
inline Result<void> give_text(Result<std::string> text, execlet_text **out) {
  if (!text) return std::move(text).failure();
  *out = new execlet_text{std::move(*text)};
  return {};
}

template <class Struct>
void copy_out(const Struct &from, Struct *to) {
  if (!to) return;
  // A caller of another version has a shorter or longer struct; its size stays as he set it.
  const std::uint32_t size = to->struct_size;
  std::memcpy(to, &from, std::min<std::size_t>(size, sizeof from));
  to->struct_size = size;
}

inline std::string or_empty(const char *text) {
  return text ? text : "";
}

}  // namespace execlet::core

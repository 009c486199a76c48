// SPDX-License-Identifier: Apache-2.0
//
// Expected failures as values: Result<T> holds a T or a Failure that says what was wanted, what was found, where,
// and what to do next.
#pragma once

#include <execlet/execlet.h>

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace execlet::core {

struct Failure {
  execlet_status status = EXECLET_INTERNAL_ERROR;
  std::string reason;   // stable dotted word: "config.unknown-key"
  std::string message;  // one line for people
  std::string details_json = "{}";
  bool retryable = false;
  bool started = false;  // user code had begun
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T held) : state_(std::in_place_index<0>, std::move(held)) {}              // NOLINT: implicit by design
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T &value() & { return std::get<0>(state_); }
  const T &value() const & { return std::get<0>(state_); }
  T &&value() && { return std::get<0>(std::move(state_)); }
  T *operator->() { return &value(); }
  const T *operator->() const { return &value(); }
  T &operator*() & { return value(); }
  const T &operator*() const & { return value(); }
  T &&operator*() && { return std::move(*this).value(); }

  const Failure &failure() const & { return std::get<1>(state_); }
  Failure &&failure() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Failure> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : failure_(std::move(failure)) {}  // NOLINT: implicit by design

  bool ok() const { return !failure_; }
  explicit operator bool() const { return ok(); }
  const Failure &failure() const & { return *failure_; }
  Failure &&failure() && { return *std::move(failure_); }

 private:
  std::optional<Failure> failure_;
};

}  // namespace execlet::core

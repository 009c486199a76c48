// SPDX-License-Identifier: Apache-2.0
//
// An environment variable with another value (nullptr = unset) until the end of the scope.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace execlet::test {

class ScopedEnv {
 public:
  ScopedEnv(const char *name, const char *value) : name_(name) {
    if (const char *old = std::getenv(name); old != nullptr) old_ = old;
    set(value);
  }
  ScopedEnv(const ScopedEnv &) = delete;
  ScopedEnv &operator=(const ScopedEnv &) = delete;
  ~ScopedEnv() { set(old_ ? old_->c_str() : nullptr); }

 private:
  void set(const char *value) const {
    if (value != nullptr)
      setenv(name_.c_str(), value, 1);
    else
      unsetenv(name_.c_str());
  }

  std::string name_;
  std::optional<std::string> old_;
};

}  // namespace execlet::test

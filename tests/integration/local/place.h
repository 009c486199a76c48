// SPDX-License-Identifier: Apache-2.0
//
// An executor of `local`, without a configuration file.
#pragma once

#include <execlet/execlet.hpp>
#include <string>

namespace execlet::test {

struct Place {
  Runtime runtime = Runtime::from_json("{}");
  Executor executor;

  explicit Place(const std::string &options = "{}")
      : executor(runtime.executor_from_json("place", R"({"backend": "local", "options": )" + options + "}")) {}

  Result run(const std::string &language, const std::string &code, Request request = {}) const {
    request.language = language;
    request.code = code;
    return executor.execute_code(request);
  }
};

inline bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

}  // namespace execlet::test

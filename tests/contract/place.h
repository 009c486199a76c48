// SPDX-License-Identifier: Apache-2.0
//
// The executor under test: a backend and its options, without a configuration file.
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

inline Request with_times(double timeout, double grace) {
  Request request;
  request.timeout = Seconds(timeout);
  request.kill_grace = Seconds(grace);
  return request;
}

// True if `text` occurs in the command line of a process that this process can see.
bool is_running(const std::string &text);

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// Requests to sessions, for tests of these.
#pragma once

#include <optional>
#include <string>

#include "fake_plugin.h"

namespace execlet::core::test {

inline Request in_session(const std::string &id, const std::string &code = "1") {
  Request request = code_request(code);
  request.session = id;
  return request;
}

inline CoreSettings with_session(double idle_timeout, std::optional<double> max_lifetime = {}, std::size_t max = 100) {
  CoreSettings settings;
  settings.session.idle_timeout = idle_timeout;
  settings.session.max_lifetime = max_lifetime;
  settings.session.max = max;
  settings.kill_grace = 0;
  return settings;
}

inline RunResult run_in(FakeExecutor &fake, const std::string &id) {
  return fake.execute(in_session(id));
}

}  // namespace execlet::core::test

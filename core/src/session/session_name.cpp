// SPDX-License-Identifier: Apache-2.0
#include "session_name.h"

#include <string>

#include "../values/json_words.h"
#include "../values/plain_name.h"

namespace execlet::core {

Result<void> check_session_name(std::string_view name) {
  if (is_anonymous_session(name) || is_plain_name(name)) return {};
  return Failure{EXECLET_INVALID_REQUEST, "session.name",
                 quoted(name) + " is no name for a session: expected " + std::string(kPlainNameWords)};
}

}  // namespace execlet::core

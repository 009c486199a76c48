// SPDX-License-Identifier: Apache-2.0
//
// What sessions are called.
#pragma once

#include <string_view>

#include "../base/result.h"

namespace execlet::core {

// Of the one session that an executor has by itself where its backend keeps state. No other session has that name.
inline constexpr std::string_view kDefaultSession = "default";
// Begins the id of one without a name of its user's.
inline constexpr char kAnonymousSession = '@';

inline bool is_anonymous_session(std::string_view id) {
  return !id.empty() && id.front() == kAnonymousSession;
}

// What a user may call a session; invalid_request, "session.name". Ids of anonymous ones pass.
Result<void> check_session_name(std::string_view name);

}  // namespace execlet::core

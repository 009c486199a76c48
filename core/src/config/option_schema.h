// SPDX-License-Identifier: Apache-2.0
//
// A backend's options against the JSON Schema that its plugin gives for them.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"

namespace execlet::core {

// What is wrong with a value, in words that name what to do. Never holds the value itself, so that a secret stays one.
struct SchemaProblem {
  std::string reason;        // "unknown-key", "missing-key", "type", "value"
  std::string pointer;       // beneath the checked value: "/resource_limits/memory"
  std::string expected;      // "a number of at most 10"; for "unknown-key" and "missing-key" the whole message
  bool shows_found = false;  // the message ends with what was found, if that may be shown
};

// Valid = empty. Fails with "manifest.schema" (EXECLET_INTERNAL_ERROR) if the schema itself cannot be used; strings
// longer than 64 KiB are a problem before the schema is asked.
Result<std::optional<SchemaProblem>> check_against_schema(const boost::json::value &value,
                                                          const boost::json::value &schema);

// The problem in words, from the keywords that schemas of options use (type, enum, const, bounds, lengths, properties,
// required, additionalProperties, items, anyOf, oneOf, allOf, local $ref). Empty if these find nothing wrong.
std::optional<SchemaProblem> explain_mismatch(const boost::json::value &value, const boost::json::value &schema);

// "$ref": "#/definitions/x" followed within `root`; `schema` itself if it has none; null if it leads nowhere.
const boost::json::value *follow_reference(const boost::json::value *schema, const boost::json::value &root);

}  // namespace execlet::core

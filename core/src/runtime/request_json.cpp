// SPDX-License-Identifier: Apache-2.0
#include "request_json.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "../values/nearest_name.h"
#include "../values/text.h"
#include "request_failure.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxBytes = 256u << 20;  // files come inside

std::string_view view_of(json::string_view text) {
  return {text.data(), text.size()};
}

Failure wrong(const std::string &pointer, std::string_view expected, const json::value &found) {
  return invalid_request(pointer, "request.type",
                         "expected " + std::string(expected) + ", found " + describe_json(found));
}

Result<void> read_text(const std::string &pointer, const json::value &value, std::string &out) {
  if (!value.is_string()) return wrong(pointer, "a string", value);
  out = view_of(value.get_string());
  return {};
}

// A string, or {"base64": "…"} for bytes that are no UTF-8.
Result<void> read_bytes(const std::string &pointer, const json::value &value, std::string &out) {
  const json::object *object = value.if_object();
  const json::value *encoded = object && object->size() == 1 ? object->if_contains("base64") : nullptr;
  if (!object) return read_text(pointer, value, out);
  if (!encoded || !encoded->is_string()) return wrong(pointer, "a string or {\"base64\": \"…\"}", value);
  std::optional<std::string> decoded = base64_decode(view_of(encoded->get_string()));
  if (!decoded)
    return invalid_request(pointer + "/base64", "request.base64", "is not valid base64 (RFC 4648, with padding)");
  out = std::move(*decoded);
  return {};
}

Result<void> read_number(const std::string &pointer, const json::value &value, std::optional<double> &out) {
  if (!value.is_number()) return wrong(pointer, "a number of seconds", value);
  out = value.to_number<double>();
  return {};
}

Result<void> read_flag(const std::string &pointer, const json::value &value, bool &out) {
  if (!value.is_bool()) return wrong(pointer, "true or false", value);
  out = value.get_bool();
  return {};
}

Result<void> read_texts(const std::string &pointer, const json::value &value, std::vector<std::string> &out) {
  if (!value.is_array()) return wrong(pointer, "a list of strings", value);
  for (const json::value &item : value.get_array()) {
    std::string text;
    if (auto done = read_text(child_pointer(pointer, std::to_string(out.size())), item, text); !done) return done;
    out.push_back(std::move(text));
  }
  return {};
}

using Pairs = std::vector<std::pair<std::string, std::string>>;
using ReadValue = Result<void> (*)(const std::string &pointer, const json::value &value, std::string &out);

Result<void> read_pairs(const std::string &pointer, const json::value &value, ReadValue read, Pairs &out) {
  if (!value.is_object()) return wrong(pointer, "an object", value);
  for (const auto &member : value.get_object()) {
    const std::string_view name = view_of(member.key());
    std::string text;
    if (auto done = read(child_pointer(pointer, name), member.value(), text); !done) return done;
    out.emplace_back(std::string(name), std::move(text));
  }
  return {};
}

// Numbers and texts alike: limits are parsed later, in one place.
Result<void> read_limit(const std::string &pointer, const json::value &value, std::string &out) {
  if (value.is_string()) return read_text(pointer, value, out);
  if (value.is_uint64() || value.is_int64()) {
    out = json::serialize(value);
    return {};
  }
  if (!value.is_double()) return wrong(pointer, "a number or a text as \"512m\"", value);
  out = std::to_string(value.get_double());
  return {};
}

Result<void> unknown_key(const std::string &pointer, std::string_view key, const std::vector<std::string> &known) {
  const std::string nearest = nearest_name(key, known);
  return invalid_request(
      child_pointer(pointer, key), "request.unknown-key",
      "unknown key" + (nearest.empty() ? std::string() : "; did you mean " + core::quoted(nearest) + "?"));
}

Result<void> read_block(const std::string &pointer, const json::value &value, Request::Block &out) {
  if (!value.is_object()) return wrong(pointer, "an object with `code` and `language`", value);
  bool has_code = false;
  for (const auto &member : value.get_object()) {
    const std::string_view key = view_of(member.key());
    const std::string place = child_pointer(pointer, key);
    if (key != "code" && key != "language") return unknown_key(pointer, key, {"code", "language"});
    has_code = has_code || key == "code";
    if (auto done = read_text(place, member.value(), key == "code" ? out.code : out.language); !done) return done;
  }
  if (!has_code) return invalid_request(pointer + "/code", "request.no-code", "a block needs its `code`");
  return {};
}

Result<void> read_blocks(const std::string &pointer, const json::value &value, Request &out) {
  if (!value.is_array()) return wrong(pointer, "a list of blocks", value);
  out.has_blocks = true;
  for (const json::value &item : value.get_array()) {
    const std::string place = child_pointer(pointer, std::to_string(out.blocks.size()));
    if (auto done = read_block(place, item, out.blocks.emplace_back()); !done) return done;
  }
  return {};
}

struct Key {
  std::string_view name;
  Result<void> (*read)(const std::string &pointer, const json::value &value, Request &out);
};

#define EXECLET_READ(function, member) \
  [](const std::string &at, const json::value &value, Request &out) { return function(at, value, out.member); }

const std::array<Key, 18> kKeys = {{
    {"code", [](const std::string &at, const json::value &value,
                Request &out) { return read_text(at, value, out.code.emplace()); }},
    {"language", EXECLET_READ(read_text, language)},
    {"blocks", read_blocks},
    {"files", [](const std::string &at, const json::value &value,
                 Request &out) { return read_pairs(at, value, read_bytes, out.files); }},
    {"entry_point", EXECLET_READ(read_text, entry_point)},
    {"args", EXECLET_READ(read_texts, args)},
    {"env", [](const std::string &at, const json::value &value,
               Request &out) { return read_pairs(at, value, read_text, out.env); }},
    {"stdin", EXECLET_READ(read_bytes, stdin_data)},
    {"timeout", EXECLET_READ(read_number, timeout)},
    {"kill_grace", EXECLET_READ(read_number, kill_grace)},
    {"deadline", EXECLET_READ(read_number, deadline)},
    {"limits", [](const std::string &at, const json::value &value,
                  Request &out) { return read_pairs(at, value, read_limit, out.limits); }},
    {"best_effort", EXECLET_READ(read_flag, best_effort)},
    {"network", EXECLET_READ(read_text, network)},
    {"session", EXECLET_READ(read_text, session)},
    {"collect", EXECLET_READ(read_texts, collect)},
    {"artifacts_dir", EXECLET_READ(read_text, artifacts_dir)},
    {"metadata",
     [](const std::string &, const json::value &value, Request &out) {
       out.metadata = json::serialize(value);
       return Result<void>();
     }},
}};

#undef EXECLET_READ

}  // namespace

Result<Request> request_from_json(std::string_view text) {
  JsonRules rules;
  rules.source = "the request";
  rules.reasons = "request";
  rules.max_bytes = kMaxBytes;
  const auto document = read_json(text, rules);
  if (!document) return document.failure();
  const json::value &value = document->value;
  if (!value.is_object()) return wrong("", "an object", value);
  Request out;
  for (const auto &member : value.get_object()) {
    const std::string_view name = view_of(member.key());
    const auto key = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key &known) { return known.name == name; });
    Result<void> done;
    if (key != kKeys.end()) {
      done = key->read(child_pointer("", name), member.value(), out);
    } else {
      std::vector<std::string> known;
      known.reserve(kKeys.size());
      for (const Key &one : kKeys) known.emplace_back(one.name);
      done = unknown_key("", name, known);
    }
    if (!done) return std::move(done).failure();
  }
  return out;
}

}  // namespace execlet::core

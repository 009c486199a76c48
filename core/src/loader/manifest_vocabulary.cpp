// SPDX-License-Identifier: Apache-2.0
#include "manifest_vocabulary.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "../values/language.h"
#include "../values/limits.h"
#include "../values/nearest_name.h"
#include "manifest_reader.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

const std::vector<std::string> kTopKeys = {"manifest_version", "name", "version", "description",
                                           "license",          "abi",  "options", "capabilities"};
const std::vector<std::string> kAbiKeys = {"major", "min_minor"};
const std::vector<std::string> kCapabilityKeys = {"isolation", "state", "reset", "setup",       "speed",   "languages",
                                                  "streaming", "stdin", "files", "rich_output", "network", "limits"};
const std::vector<std::string> kLimitKeys = {"scope", "how"};
const std::vector<std::string> kSpeeds = {"fast", "seconds", "minutes"};
const std::vector<std::string> kSetups = {"none", "image", "server", "account"};
const std::vector<std::string> kNetworks = {"none"};

std::vector<std::string> limit_names() {
  std::vector<std::string> names;
  names.reserve(EXECLET_ABI_LIMIT_COUNT);
  for (execlet_abi_limit kind = 0; kind < EXECLET_ABI_LIMIT_COUNT; ++kind) names.emplace_back(limit_name(kind));
  return names;
}

class WordCheck {
 public:
  void word(const std::string &pointer, std::string_view word, const std::vector<std::string> &known) {
    for (const std::string &each : known)
      if (each == word) return;
    const std::string nearest = nearest_name(word, known);
    std::string all;
    for (const std::string &each : known) all += (all.empty() ? "" : ", ") + each;
    lines_.push_back(pointer + " holds \"" + printable(word) + "\", which means nothing to this version; " +
                     (nearest.empty() ? "known: " + all : "did you mean \"" + nearest + "\"?"));
  }

  void keys(const std::string &pointer, const json::object &object, const std::vector<std::string> &known) {
    for (const json::key_value_pair &member : object)
      word(pointer.empty() ? "the manifest" : pointer, {member.key().data(), member.key().size()}, known);
  }

  // `key` of `object`: a text, or a list of texts.
  void values(const json::object &object, std::string_view key, const std::vector<std::string> &known) {
    const json::value *found = object.if_contains(json::string_view(key.data(), key.size()));
    if (found == nullptr) return;
    const std::string pointer = "/capabilities/" + std::string(key);
    if (const json::string *text = found->if_string()) word(pointer, {text->data(), text->size()}, known);
    if (const json::array *list = found->if_array())
      for (const json::value &item : *list)
        if (const json::string *text = item.if_string()) word(pointer, {text->data(), text->size()}, known);
  }

  // An alias would never be asked for: requests hold canonical names.
  void languages(const json::object &capabilities) {
    const json::value *found = capabilities.if_contains("languages");
    const json::array *list = found != nullptr ? found->if_array() : nullptr;
    if (list == nullptr) return;
    for (const json::value &item : *list) {
      const json::string *text = item.if_string();
      if (text == nullptr || *text == "*") continue;
      const std::string name(text->data(), text->size());
      const Result<std::string> canonical = canonical_language(name);
      if (!canonical)
        lines_.push_back("/capabilities/languages: " + canonical.failure().message);
      else if (*canonical != name)
        lines_.push_back("/capabilities/languages holds \"" + printable(name) +
                         "\", which is never asked for; write \"" + *canonical + "\"");
    }
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

const json::object *object_in(const json::object &object, std::string_view key) {
  const json::value *found = object.if_contains(json::string_view(key.data(), key.size()));
  return found != nullptr ? found->if_object() : nullptr;
}

void check_capabilities(WordCheck &check, const json::object &capabilities) {
  check.keys("/capabilities", capabilities, kCapabilityKeys);
  check.values(capabilities, "speed", kSpeeds);
  check.values(capabilities, "setup", kSetups);
  check.values(capabilities, "network", kNetworks);
  check.languages(capabilities);
  const json::object *limits = object_in(capabilities, "limits");
  if (limits == nullptr) return;
  check.keys("/capabilities/limits", *limits, limit_names());
  for (const json::key_value_pair &limit : *limits)
    if (const json::object *object = limit.value().if_object())
      check.keys("/capabilities/limits/" + printable({limit.key().data(), limit.key().size()}), *object, kLimitKeys);
}

}  // namespace

std::vector<std::string> unknown_words(std::string_view manifest_text) {
  json::error_code error;
  const json::value document = json::parse(json::string_view(manifest_text.data(), manifest_text.size()), error);
  const json::object *object = document.if_object();
  WordCheck check;
  if (error || object == nullptr) return {};
  check.keys("", *object, kTopKeys);
  if (const json::object *abi = object_in(*object, "abi")) check.keys("/abi", *abi, kAbiKeys);
  if (const json::object *capabilities = object_in(*object, "capabilities")) check_capabilities(check, *capabilities);
  return check.take();
}

}  // namespace execlet::core

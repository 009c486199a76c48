// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "../values/language.h"
#include "../values/text.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

json::object object_of(std::string_view text) {
  json::error_code error;
  json::value value = is_utf8(text) ? json::parse(text, error) : json::value();
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

json::array declared_languages(const Manifest &manifest) {
  json::array languages;
  for (const std::string &name : manifest.capabilities.languages)
    if (name != "*") languages.push_back(json::object{{"name", name}});
  return languages;
}

void add_aliases(json::object &language) {
  json::array aliases;
  if (const json::value *name = language.if_contains("name"); name != nullptr && name->is_string())
    for (const std::string_view alias : language_aliases(std::string_view(name->get_string())))
      aliases.push_back(json::string(alias));
  language["aliases"] = std::move(aliases);
}

}  // namespace

std::string complete_facts(std::string_view told, const Manifest &manifest) {
  json::object facts = object_of(told);
  json::value &languages = facts["languages"];
  if (!languages.is_array()) languages = declared_languages(manifest);
  for (json::value &language : languages.get_array())
    if (language.is_object()) add_aliases(language.get_object());
  return json::serialize(facts);
}

}  // namespace execlet::core

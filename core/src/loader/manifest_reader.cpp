// SPDX-License-Identifier: Apache-2.0
#include "manifest_reader.h"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include "refusal.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

// A schema of 256 KiB could be wrong in very many places.
constexpr std::size_t kMostProblems = 50;

json::string_view key_view(std::string_view key) {
  return {key.data(), key.size()};
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string out;
  for (const char c : text.substr(0, kMost)) out += c >= 0x20 && c < 0x7f ? c : '?';
  if (text.size() > kMost) out += "...";
  return out;
}

ManifestReader::ManifestReader(json::object object, std::string pointer, std::vector<Failure> &problems)
    : object_(std::move(object)), pointer_(std::move(pointer)), problems_(problems) {}

bool ManifestReader::has(std::string_view key) const {
  return object_.contains(key_view(key));
}

json::value *ManifestReader::find(std::string_view key) {
  json::value *found = object_.if_contains(key_view(key));
  if (found == nullptr) fail(key, "is missing");
  return found;
}

std::string ManifestReader::text(std::string_view key) {
  const json::value *found = find(key);
  if (found == nullptr) return {};
  const json::string *text = found->if_string();
  if (text == nullptr || text->empty()) {
    fail(key, "is not a text");
    return {};
  }
  return std::string(text->data(), text->size());
}

std::string ManifestReader::text_or(std::string_view key, std::string_view substitute) {
  return has(key) ? text(key) : std::string(substitute);
}

bool ManifestReader::flag(std::string_view key) {
  if (!has(key)) return false;
  const json::value *found = find(key);
  if (!found->is_bool()) {
    fail(key, "is neither true nor false");
    return false;
  }
  return found->get_bool();
}

std::int64_t ManifestReader::number(std::string_view key) {
  const json::value *found = find(key);
  if (found == nullptr) return 0;
  if (!found->is_int64()) {
    fail(key, "is not a whole number");
    return 0;
  }
  return found->get_int64();
}

std::uint32_t ManifestReader::small_number(std::string_view key) {
  const std::int64_t value = number(key);
  if (value < 0 || value > 65535) {
    fail(key, "is not a number from 0 to 65535");
    return 0;
  }
  return static_cast<std::uint32_t>(value);
}

std::vector<std::string> ManifestReader::words(std::string_view key) {
  std::vector<std::string> out;
  if (!has(key)) return out;
  const json::array *list = find(key)->if_array();
  if (list == nullptr) {
    fail(key, "is not a list");
    return out;
  }
  for (const json::value &item : *list) {
    const json::string *word = item.if_string();
    if (word == nullptr || word->empty() || word->size() > 64) {
      fail(key, "holds something that is not a word of at most 64 characters");
      return out;
    }
    out.emplace_back(word->data(), word->size());
  }
  return out;
}

ManifestReader ManifestReader::object(std::string_view key) {
  const std::size_t before = problems_.size();
  ManifestReader inner(std::move(take_object(key).as_object()), pointer_ + "/" + std::string(key), problems_);
  inner.is_substitute_ = is_substitute_ || problems_.size() != before;
  return inner;
}

json::value ManifestReader::take_object(std::string_view key) {
  json::value *found = find(key);
  if (found != nullptr && found->is_object()) return std::move(*found);
  if (found != nullptr) fail(key, "is not an object");
  return json::object();
}

void ManifestReader::fail(std::string_view key, std::string_view what) {
  fail_at(pointer_ + "/" + std::string(key), what);
}

void ManifestReader::fail_at(std::string_view pointer, std::string_view what) {
  if (is_substitute_ || problems_.size() >= kMostProblems) return;
  const std::string place = "the manifest's " + printable(pointer) + " ";
  // One thing is wrong in one place; what else is found there follows from it.
  if (!problems_.empty() && problems_.back().message.compare(0, place.size(), place) == 0) return;
  problems_.push_back(refusal("manifest.malformed", place + std::string(what)));
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
//
// Typed access to a manifest's JSON. Problems are kept, with their JSON pointers; reading goes on with neutral values,
// so that the code that reads needs no check after every key. Keys that are not asked for are tolerated: a later minor
// version may add some.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../base/result.h"

namespace execlet::core {

// `text` cut to 80 bytes, with control characters and bytes beyond ASCII as '?': fit for a message.
std::string printable(std::string_view text);

class ManifestReader {
 public:
  // `problems` receives the failures ("manifest.malformed") of this reader and of those made from it.
  ManifestReader(boost::json::object object, std::string pointer, std::vector<Failure> &problems);

  bool has(std::string_view key) const;
  std::string text(std::string_view key);                                  // required, not empty
  std::string text_or(std::string_view key, std::string_view substitute);  // optional
  bool flag(std::string_view key);                                         // optional, false
  std::int64_t number(std::string_view key);                               // required
  std::uint32_t small_number(std::string_view key);                        // required, 0 … 65535
  std::vector<std::string> words(std::string_view key);                    // optional list of short texts
  ManifestReader object(std::string_view key);                             // required
  boost::json::value take_object(std::string_view key);                    // required; moved out

  template <class T>
  T choice(std::string_view key, std::initializer_list<std::pair<std::string_view, T>> choices) {
    const std::string word = text(key);
    if (word.empty()) return choices.begin()->second;  // told already
    std::string known;
    for (const auto &[name, value] : choices) {
      if (word == name) return value;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    fail(key, "is \"" + printable(word) + "\", not one of " + known);
    return choices.begin()->second;
  }

  void fail(std::string_view key, std::string_view what);
  void fail_at(std::string_view pointer, std::string_view what);

 private:
  boost::json::value *find(std::string_view key);

  boost::json::object object_;
  std::string pointer_;
  std::vector<Failure> &problems_;
  bool is_substitute_ = false;  // for an object that is not there: what it lacks need not be told
};

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "values/text.h"

#include <random>

#include "catch.h"

using namespace execlet::core;

TEST_CASE("well-formed UTF-8 is recognised and passes unchanged") {
  for (const char *text : {"", "plain", "grüße", "日本語", "\xF0\x9F\x98\x80", "a long ASCII run and then ü"}) {
    CHECK(is_utf8(text));
    CHECK(lossy_utf8(text) == text);
  }
  CHECK(is_utf8(std::string_view("a\0b", 3)));
}

TEST_CASE("each ill-formed sequence becomes one replacement character") {
  const std::pair<std::string, std::string> cases[] = {
      {"a\xFFz", "a\uFFFDz"},
      {"\x80", "\uFFFD"},
      {"\xC0\xAF", "\uFFFD\uFFFD"},                      // overlong
      {"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},            // overlong
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // a surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xE6\x97", "\uFFFD"},                            // cut off at the end
      {"\xF0\x9F\x98z", "\uFFFDz"},
      {"12345678\xFF", "12345678\uFFFD"}};
  for (const auto &[bytes, text] : cases) {
    CHECK_FALSE(is_utf8(bytes));
    CHECK(lossy_utf8(bytes) == text);
    CHECK(is_utf8(lossy_utf8(bytes)));
  }
}

TEST_CASE("base64 has the values of RFC 4648") {
  const std::pair<const char *, const char *> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto &[bytes, text] : cases) {
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text).value() == bytes);
  }
}

TEST_CASE("base64 takes any bytes there and back") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 50, '\0');
    for (char &c : bytes) c = static_cast<char>(random());
    CHECK(base64_decode(base64_encode(bytes)).value() == bytes);
  }
}

TEST_CASE("text that is no base64 is refused") {
  for (const char *bad : {"Z", "Zg=", "Zg", "Zg==Zg==", "Z===", "====", "Zg= =", "Zm9v\n", "Zh==", "Zm9=", "Zm-v"})
    CHECK_FALSE(base64_decode(bad).has_value());
}

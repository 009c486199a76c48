// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "catch.h"

using namespace execlet::core;
namespace json = boost::json;

namespace {

JsonRules file_rules() {
  JsonRules rules;
  rules.source = "f.json";
  rules.reasons = "config";
  rules.comments = true;
  rules.positions = true;
  return rules;
}

Failure failure_of(std::string_view text, const JsonRules &rules = file_rules()) {
  auto result = read_json(text, rules);
  REQUIRE_FALSE(result);
  CHECK(result.failure().status == EXECLET_INVALID_REQUEST);
  return result.failure();
}

}  // namespace

TEST_CASE("JSON is read as Boost.JSON reads it, with positions and without") {
  for (const char *text : {R"({"a": [1, -2, 3.5, true, false, null, "x\"y\u00e4\\"], "b": {"c\"d/~": {}}, "e": []})",
                           "null", " 18446744073709551615 ", "\"a\\nb\"", "[[[[]]]]", "-0.0"}) {
    JsonRules rules;
    const auto plain = read_json(text, rules);
    REQUIRE(plain);
    CHECK(plain->value == json::parse(text));
    const auto placed = read_json(text, file_rules());
    REQUIRE(placed);
    CHECK(placed->value == json::parse(text));
  }
}

TEST_CASE("comments are allowed where the rules say so") {
  const char *text = "// \"quoted\"\n{ /* a\n b */ \"a\": 1 // c\n}\n// end";
  REQUIRE(read_json(text, file_rules()));
  CHECK(read_json(text, file_rules())->lines.find("/a")->second == 3);
  CHECK(read_json(R"({"a": "http://x/*y*/", "b\\": "\"//"})", file_rules())->value ==
        json::parse(R"({"a": "http://x/*y*/", "b\\": "\"//"})"));
  CHECK(failure_of("{} /* open").message == "f.json:1:4: syntax error: the JSON value ended before '/'");
  JsonRules strict;
  CHECK(failure_of("{} // no", strict).reason == "json.syntax");
}

TEST_CASE("a byte order mark is skipped") {
  CHECK(read_json("\xEF\xBB\xBF{}", file_rules()));
}

TEST_CASE("each key and list item has its line") {
  const auto document =
      read_json("{\n \"a\": {\n  \"b/c\": 1,\n  \"d\": [\n   1,\n   {\"e\": 2}\n  ]\n }\n}", file_rules());
  REQUIRE(document);
  const std::pair<const char *, std::size_t> lines[] = {{"/a", 2},     {"/a/b~1c", 3}, {"/a/d", 4},
                                                        {"/a/d/0", 5}, {"/a/d/1", 6},  {"/a/d/1/e", 6}};
  for (const auto &[pointer, line] : lines) CHECK(document->lines.find(pointer)->second == line);
  CHECK(document->lines.size() == std::size(lines));
}

TEST_CASE("a duplicate key is an error with pointer, line and column") {
  const Failure failure = failure_of("{\n  \"x\": {\n    \"timeout\": 1,\n    \"timeout\": 2}}");
  CHECK(failure.reason == "config.duplicate-key");
  CHECK(failure.message == "f.json:4:5: /x/timeout is there twice; keep one of them");
  CHECK(json::parse(failure.details_json) == json::parse(R"({"pointer": "/x/timeout", "line": 4, "column": 5})"));
}

TEST_CASE("a duplicate key is found however it is written") {
  CHECK(failure_of(R"({"a":1,"\u0061":2})").reason == "config.duplicate-key");
  CHECK(failure_of(R"({"\"q":1,"b":0,"\"q":2})").message.find("f.json:1:16:") == 0);
  JsonRules plain;
  CHECK(failure_of("{\"a\":1,\n\"a\":2}", plain).message == "line 2:1: /a is there twice; keep one of them");
  CHECK(failure_of(R"({"a\nb":1, "a\nb":2})", plain).message == "line 1:12: /a b is there twice; keep one of them");
  CHECK(read_json(R"({"a":{"a":1},"b":{"a":1},"c":[{"a":1},{"a":2}]})", plain));
}

TEST_CASE("a syntax error says where and what was found") {
  const std::pair<const char *, const char *> cases[] = {
      {"{\n \"a\": 1,\n}", "f.json:3:1: syntax error: unexpected '}'; remove the comma before it"},
      {"{\"a\": tru}", "f.json:1:7: syntax error: unexpected 't'"},
      {"{'a': 1}", "f.json:1:2: syntax error: unexpected '''; strings are written with \""},
      {"{\"a\": 1", "f.json:1:8: syntax error: unexpected end of the text; something is not closed"},
      {"", "f.json:1:1: syntax error: unexpected end of the text; something is not closed"},
      {"{} {}", "f.json:1:4: syntax error: the JSON value ended before '{'"},
      {"{\"a\" 1}", "f.json:1:6: syntax error: unexpected '1'"},
      {"{\"a\": \"x\ny\"}", "f.json:1:9: syntax error: unexpected end of the line"},
      {"# c\n{}", "f.json:1:1: syntax error: unexpected '#'; comments are // to the end of the line or /* … */"}};
  for (const auto &[text, message] : cases) {
    const Failure failure = failure_of(text);
    CHECK(failure.reason == "config.syntax");
    CHECK(failure.message == message);
  }
}

TEST_CASE("strings must be UTF-8") {
  CHECK(failure_of("{\"a\": \"\xFF\"}").reason == "config.syntax");
  CHECK(failure_of("{\"a\": \"\\ud800\"}").reason == "config.syntax");
}

TEST_CASE("a number that is too large for any type is refused, with its place") {
  for (const char *number : {"15e352", "-1e400", "1e2147483649"}) {
    const Failure failure = failure_of("{\"a\": [" + std::string(number) + "]}");
    CHECK(failure.reason == "config.number");
    CHECK(failure.details_json.find("\"/a") != std::string::npos);
  }
  CHECK(read_json("[1e308, -1e308, 1e-400]", file_rules()));
}

TEST_CASE("depth and size are bounded") {
  JsonRules rules;
  rules.max_depth = 3;
  CHECK(read_json("[[[1]]]", rules));
  CHECK(failure_of("[[[[1]]]]", rules).reason == "json.too-deep");
  CHECK(failure_of(std::string(100000, '['), rules).reason == "json.too-deep");
  rules.max_bytes = 10;
  CHECK(failure_of("[1,2,3,4,5,6]", rules).reason == "json.too-large");
}

TEST_CASE("pointers escape what RFC 6901 says") {
  CHECK(child_pointer("/a", "b/c~d") == "/a/b~1c~0d");
  CHECK(child_pointer("", "") == "/");
}

TEST_CASE("JSON for people is indented and keeps its order") {
  const json::value value = json::parse(R"({"b":[1,{"a":"x\ny"}],"a":{},"c":[]})");
  CHECK(pretty_json(value) ==
        "{\n  \"b\": [\n    1,\n    {\n      \"a\": \"x\\ny\"\n    }\n  ],\n  \"a\": {},\n  \"c\": []\n}");
  CHECK(json::parse(pretty_json(value)) == value);
}

// SPDX-License-Identifier: Apache-2.0
#include "values/language.h"

#include "catch.h"
#include "recipe.h"

using namespace execlet::core;

TEST_CASE("aliases of a language have one canonical name") {
  const std::pair<const char *, const char *> names[] = {
      {"py", "python"},         {"python3", "python"}, {"js", "javascript"},   {"node", "javascript"},
      {"nodejs", "javascript"}, {"shell", "sh"},       {"c++", "c++"},         {"cpp", "c++"},
      {"cxx", "c++"},           {"rb", "ruby"},        {"rs", "rust"},         {"golang", "go"},
      {"pl", "perl"},           {"ts", "typescript"},  {"pwsh", "powershell"}, {"rscript", "r"}};
  for (const auto &[alias, canonical] : names) CHECK(canonical_language(alias).value() == canonical);
}

TEST_CASE("canonical names stay as they are") {
  for (const char *name : {"python", "bash", "sh", "javascript", "ruby", "perl", "r", "lua", "php", "go", "rust", "c",
                           "c++", "java", "typescript", "powershell"})
    CHECK(canonical_language(name).value() == name);
}

TEST_CASE("the case of a language's name does not matter") {
  CHECK(canonical_language("Python").value() == "python");
  CHECK(canonical_language("PY").value() == "python");
  CHECK(canonical_language("R").value() == "r");
  CHECK(canonical_language("Node.js").value() == "javascript");
}

TEST_CASE("bash and sh are two languages") {
  CHECK(canonical_language("bash").value() != canonical_language("sh").value());
}

TEST_CASE("a language that only a backend knows keeps its name") {
  CHECK(canonical_language("Py311-Venv").value() == "py311-venv");
}

TEST_CASE("what is no name of a language is refused") {
  for (const std::string &bad : {std::string(), std::string("py thon"), std::string("../sh"), std::string("a\0b", 3),
                                 std::string(65, 'a'), std::string("pythön")}) {
    const auto result = canonical_language(bad);
    REQUIRE_FALSE(result);
    CHECK(result.failure().reason == "language.name");
    CHECK(result.failure().status == EXECLET_INVALID_REQUEST);
  }
}

TEST_CASE("keys of a map become canonical names in order") {
  CHECK(canonical_languages({"node", "PY", "brainf"}).value() ==
        std::vector<std::string>{"javascript", "python", "brainf"});
}

TEST_CASE("two keys that mean the same language are an error that names both") {
  const auto result = canonical_languages({"node", "bash", "js"});
  REQUIRE_FALSE(result);
  CHECK(result.failure().reason == "language.duplicate");
  CHECK(result.failure().message == "\"node\" and \"js\" are the same language (javascript); keep one of them");
}

TEST_CASE("the names of the languages that command-line backends know are canonical") {
  for (const execlet::languages::Recipe &recipe : execlet::languages::recipes())
    CHECK(canonical_language(recipe.name).value() == recipe.name);
}

TEST_CASE("the aliases of a language are those that lead to it") {
  CHECK(language_aliases("python") == std::vector<std::string_view>{"ipython", "py", "py3", "python3"});
  CHECK(language_aliases("py").empty());
  CHECK(language_aliases("brainf").empty());
  for (const char *name : {"python", "javascript", "sh", "c++", "r", "go"})
    for (const std::string_view alias : language_aliases(name)) CHECK(canonical_language(alias).value() == name);
}

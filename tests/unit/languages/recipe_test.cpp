// SPDX-License-Identifier: Apache-2.0
#include "recipe.h"

#include <sys/wait.h>

#include <cstdlib>
#include <set>

#include "catch.h"
#include "temp_dir.h"

namespace execlet::languages {
namespace {

using runner::CommandWord;

CommandWord path_word(const std::filesystem::path &path) {
  return {CommandWord::Kind::kText, path.string()};
}

// For the shell of system(): nothing in it is special.
std::string quoted(const std::string &text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

int exit_code_of(const std::vector<CommandWord> &words) {
  std::string line;
  for (const CommandWord &word : words) line += quoted(word.text) + ' ';
  const int status = std::system(line.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a language is found by its canonical name, and by that alone") {
  REQUIRE(find_recipe("python") != nullptr);
  CHECK(find_recipe("python")->name == "python");
  for (const char *other : {"py", "Python", "fortran", "", "python bash"}) CHECK(find_recipe(other) == nullptr);
}

TEST_CASE("no two languages share a name") {
  std::set<std::string_view> seen;
  for (const Recipe &recipe : recipes()) CHECK(seen.insert(recipe.name).second);
}

TEST_CASE("every language has a program, and an extension that begins with a dot") {
  for (const Recipe &recipe : recipes()) {
    CHECK_FALSE(words_of(recipe.programs).empty());
    CHECK(recipe.extension.front() == '.');
    CHECK((recipe.build.empty() || recipe.own_directory));
  }
}

TEST_CASE("an interpreter gets the source and then the arguments as they are") {
  const CommandWord source{CommandWord::Kind::kSnippet, {}}, directory{CommandWord::Kind::kSnippetDirectory, {}};
  const auto words = command_line(*find_recipe("python"), "/opt/python", source, directory, {"-v", "", "a b"});
  REQUIRE(words.size() == 5);
  CHECK(words[0].text == "/opt/python");
  CHECK(words[1].kind == CommandWord::Kind::kSnippet);
  CHECK(words[2].text == "-v");
  CHECK(words[3].text.empty());
  CHECK(words[4].text == "a b");
}

TEST_CASE("what is built runs with its arguments and ends with its own exit code") {
  const test::TempDir place;
  // Takes the place of every compiler: the "program" is the source, as it lies behind the option -o.
  const auto compiler = place.write("a compiler", R"(#!/bin/sh
[ "$1" = build ] && shift
[ "$1" = -o ] && cp "$3" "$2" && chmod +x "$2"
)");
  std::filesystem::permissions(compiler, std::filesystem::perms::owner_all);
  const auto source = place.write("it's $(false)/main", R"(#!/bin/sh
[ $# = 2 ] && [ "$1" = 'x $(exit 9).go' ] && [ -z "$2" ] && exit 42
)");
  for (const Recipe &recipe : recipes()) {
    if (recipe.build.empty()) continue;
    INFO(recipe.name);
    CHECK(exit_code_of(command_line(recipe, compiler.string(), path_word(source), path_word(source.parent_path()),
                                    {"x $(exit 9).go", ""})) == 42);
  }
}

TEST_CASE("what cannot be built does not run") {
  const test::TempDir place;
  const auto compiler = place.write("compiler", "#!/bin/sh\nexit 3\n");
  std::filesystem::permissions(compiler, std::filesystem::perms::owner_all);
  const auto program = place.write("program", "#!/bin/sh\nexit 0\n");  // of an earlier build
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  for (const Recipe &recipe : recipes())
    if (!recipe.build.empty())
      CHECK(exit_code_of(command_line(recipe, compiler.string(), path_word("main"), path_word(place.path()), {})) == 3);
}

}  // namespace execlet::languages

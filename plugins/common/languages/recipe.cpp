// SPDX-License-Identifier: Apache-2.0
#include "recipe.h"

#include <algorithm>

namespace execlet::languages {
namespace {

using runner::CommandWord;

}  // namespace

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (end > 0) words.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

const std::vector<Recipe> &recipes() {
  static const auto *const all = new std::vector<Recipe>{
      // never destroyed: a thread may be here while the process ends
      {"python", ".py", "python3 python", "", false, "--version"},
      {"bash", ".sh", "bash", "", false, "--version"},
      {"sh", ".sh", "sh", "", false, ""},
      {"javascript", ".js", "node nodejs", "", false, "--version"},
      {"ruby", ".rb", "ruby", "", false, "--version"},
      {"perl", ".pl", "perl", "", false, "--version"},
      {"r", ".R", "Rscript", "", false, "--version"},
      {"lua", ".lua", "lua lua5.4 lua5.3", "", false, "-v"},
      {"php", ".php", "php", "", false, "--version"},
      // Not "go run": it hides the program's exit code and takes arguments that end in .go for sources.
      {"go", ".go", "go", R"(c=$1 d=$2; shift 2; "$c" build -o "$d/program" "$0" && exec "$d/program" "$@")", true,
       "version"},
      {"rust", ".rs", "rustc", R"(c=$1 d=$2; shift 2; "$c" -o "$d/program" "$0" && exec "$d/program" "$@")", true,
       "--version"},
      {"c", ".c", "cc gcc clang", R"(c=$1 d=$2; shift 2; "$c" -o "$d/program" "$0" -lm && exec "$d/program" "$@")",
       true, "--version"},
      {"c++", ".cpp", "c++ g++ clang++", R"(c=$1 d=$2; shift 2; "$c" -o "$d/program" "$0" && exec "$d/program" "$@")",
       true, "--version"},
      {"java", ".java", "java", "", true, "--version"},
  };
  return *all;
}

const Recipe *find_recipe(std::string_view name) {
  for (const Recipe &recipe : recipes())
    if (recipe.name == name) return &recipe;
  return nullptr;
}

std::vector<CommandWord> command_line(const Recipe &recipe, const std::string &program, CommandWord source,
                                      CommandWord directory, const std::vector<std::string> &arguments) {
  const auto text = [](std::string_view word) { return CommandWord{CommandWord::Kind::kText, std::string(word)}; };
  std::vector<CommandWord> words;
  if (recipe.build.empty()) {
    words = {text(program), std::move(source)};
  } else {
    CommandWord compiler{CommandWord::Kind::kProgram, program};
    words = {text("sh"), text("-c"), text(recipe.build), std::move(source), std::move(compiler), std::move(directory)};
  }
  for (const std::string &argument : arguments) words.push_back(text(argument));
  return words;
}

}  // namespace execlet::languages

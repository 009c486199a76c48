// SPDX-License-Identifier: Apache-2.0
#include "recipe.h"

#include <algorithm>

namespace execlet::languages {
namespace {

using runner::CommandWord;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char &c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool has_word(std::string_view list, std::string_view wanted) {
  const std::vector<std::string> words = words_of(list);
  return std::find(words.begin(), words.end(), wanted) != words.end();
}

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
  static const std::vector<Recipe> all = {
      {"python", ".py", "python3 python", "", false, "py py3 python3 ipython"},
      {"bash", ".sh", "bash", "", false, ""},
      {"sh", ".sh", "sh", "", false, "shell posix-sh"},
      {"javascript", ".js", "node nodejs", "", false, "js node nodejs node.js ecmascript"},
      {"ruby", ".rb", "ruby", "", false, "rb"},
      {"perl", ".pl", "perl", "", false, "pl"},
      {"r", ".R", "Rscript", "", false, "rscript"},
      {"lua", ".lua", "lua lua5.4 lua5.3", "", false, ""},
      {"php", ".php", "php", "", false, ""},
      // Not "go run": it hides the program's exit code and takes arguments that end in .go for sources.
      {"go", ".go", "go", R"(c=$1 d=$2; shift 2; "$c" build -o "$d/program" "$0" && exec "$d/program" "$@")", true,
       "golang"},
      {"rust", ".rs", "rustc", R"(c=$1 d=$2; shift 2; "$c" -o "$d/program" "$0" && exec "$d/program" "$@")", true,
       "rs"},
      {"c", ".c", "cc gcc clang", R"(c=$1 d=$2; shift 2; "$c" -o "$d/program" "$0" -lm && exec "$d/program" "$@")",
       true, ""},
      {"c++", ".cpp", "c++ g++ clang++", R"(c=$1 d=$2; shift 2; "$c" -o "$d/program" "$0" && exec "$d/program" "$@")",
       true, "cpp cc cxx"},
      {"java", ".java", "java", "", true, ""},
  };
  return all;
}

const Recipe *find_recipe(std::string_view name) {
  const std::string wanted = lower(name);
  for (const Recipe &recipe : recipes())
    if (recipe.name == wanted || has_word(recipe.aliases, wanted)) return &recipe;
  return nullptr;
}

std::string canonical(std::string_view name) {
  const Recipe *recipe = find_recipe(name);
  return recipe != nullptr ? std::string(recipe->name) : lower(name);
}

std::vector<CommandWord> command_line(const Recipe &recipe, const std::string &program, CommandWord source,
                                      CommandWord directory, const std::vector<std::string> &arguments) {
  const auto text = [](std::string_view word) { return CommandWord{CommandWord::Kind::kText, std::string(word)}; };
  std::vector<CommandWord> words;
  if (recipe.build.empty()) {
    words = {text(program), std::move(source)};
  } else {
    words = {text("sh"), text("-c"), text(recipe.build), std::move(source), text(program), std::move(directory)};
  }
  for (const std::string &argument : arguments) words.push_back(text(argument));
  return words;
}

}  // namespace execlet::languages

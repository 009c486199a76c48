// SPDX-License-Identifier: Apache-2.0
//
// Command lines and file extensions of the languages that command-line backends know, in one table. Languages go by
// their canonical names: other names are the core's business, which resolves them before a backend sees them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client.h"

namespace execlet::languages {

struct Recipe {
  std::string_view name;       // canonical: "python"
  std::string_view extension;  // ".py"
  std::string_view programs;   // names looked for in PATH, the first one found is taken; separated by spaces
  // A POSIX shell script that builds and runs: $0 = source, $1 = program, $2 = a directory to build in, the rest =
  // arguments. Empty: the program takes the source and the arguments.
  std::string_view build;
  bool own_directory;        // its tools refuse hidden file names
  std::string_view version;  // the argument that makes the program say its version; empty: it has none
};

const std::vector<Recipe> &recipes();
// The words of a list that is separated by spaces.
std::vector<std::string> words_of(std::string_view list);
// By canonical name; null if there is none.
const Recipe *find_recipe(std::string_view name);

// argv for `source`, which is a placeholder or a path; `directory` is where a compiler may put what it builds.
std::vector<runner::CommandWord> command_line(const Recipe &recipe, const std::string &program,
                                              runner::CommandWord source, runner::CommandWord directory,
                                              const std::vector<std::string> &arguments);

}  // namespace execlet::languages

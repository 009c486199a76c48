// SPDX-License-Identifier: Apache-2.0
//
// The options of one executor, read from JSON that the core has checked against the manifest's schema.
#pragma once

#include <execlet/plugin.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "recipe.h"

namespace execlet::local {

// A language that may be used: one that is built in, possibly with another program, or one that the user defined.
struct Language {
  std::string name;
  std::string program;
  std::string extension;
  const languages::Recipe *recipe = nullptr;  // null: `program` takes the source and the arguments
};

struct Options {
  std::string work_dir;  // absolute, or empty
  std::vector<Language> languages;
  std::map<std::string, std::string> env_vars;
  std::vector<std::string> pass_env;
  runner::Containment containment = runner::Containment::kAuto;

  // The language of that canonical name; null if it is not allowed.
  const Language *find(std::string_view name) const;
  std::string names() const;       // "bash, python"
  std::string names_json() const;  // {"supported": ["bash", "python"]}
};

plugin::Status read_options(std::string_view json, std::string_view base_dir, Options &out);

}  // namespace execlet::local

// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <filesystem>

#include "environment.h"

namespace execlet::local {
namespace {

namespace json = boost::json;
using languages::Recipe;

std::string absolute(std::string_view path, std::string_view base_dir) {
  return (std::filesystem::path(base_dir) / path).lexically_normal().string();
}

std::string text(const json::object &object, std::string_view key) {
  const json::value *value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Language built_in(const Recipe &recipe, const std::string &path) {
  const std::vector<std::string> programs = execlet::languages::words_of(recipe.programs);
  std::string program = programs.front();
  for (const std::string &candidate : programs)
    if (!find_program(candidate, path).empty()) {
      program = candidate;
      break;
    }
  return {std::string(recipe.name), std::move(program), std::string(recipe.extension), &recipe};
}

plugin::Status invalid(const std::string &pointer, const std::string &message) {
  return {EXECLET_ABI_INVALID_ARGUMENT, "options.invalid", pointer + ": " + message,
          json::serialize(json::object{{"pointer", pointer}})};
}

// A key as a token of a JSON pointer.
std::string token(std::string_view key) {
  std::string out;
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

// A name that the environment can hold.
bool is_variable(std::string_view name) {
  return !name.empty() && name.find('=') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

plugin::Status read_variables(const json::object &options, Options &out) {
  if (const json::value *variables = options.if_contains("env_vars"))
    for (const auto &[key, value] : variables->get_object()) {
      const std::string name(key), content(value.get_string());
      if (!is_variable(name))
        return invalid("/env_vars/" + token(name), "a variable's name is not empty and has no '='");
      if (content.find('\0') != std::string::npos)
        return invalid("/env_vars/" + token(name), "a variable's value cannot hold a NUL");
      out.env_vars[name] = content;
    }
  if (const json::value *names = options.if_contains("pass_env"))
    for (const json::value &name : names->get_array()) {
      if (!is_variable(name.get_string()))
        return invalid("/pass_env/" + std::to_string(out.pass_env.size()), "a variable's name has no '='");
      out.pass_env.emplace_back(name.get_string());
    }
  return {};
}

runner::Containment containment_of(std::string_view word) {
  if (word == "namespace") return runner::Containment::kNamespace;
  if (word == "cgroup") return runner::Containment::kCgroup;
  if (word == "subreaper") return runner::Containment::kSubreaper;
  return runner::Containment::kAuto;
}

plugin::Status add(Options &out, Language language, const std::string &pointer) {
  for (const Language &other : out.languages)
    if (other.name == language.name) return invalid(pointer, "the language " + language.name + " is named twice");
  out.languages.push_back(std::move(language));
  return {};
}

plugin::Status read_list(const json::array &names, Options &out) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name(names[i].get_string()), pointer = "/executors/" + std::to_string(i);
    const Recipe *recipe = languages::find_recipe(name);
    if (recipe == nullptr)
      return invalid(pointer, "\"" + name + "\" is not built in; use the map form and give its executable");
    plugin::Status status = add(out, built_in(*recipe, search_path(out)), pointer);
    if (!status.ok()) return status;
  }
  return {};
}

plugin::Status read_map(const json::object &map, std::string_view base_dir, Options &out) {
  for (const auto &[key, value] : map) {
    const std::string name(key), pointer = "/executors/" + token(name);
    const Recipe *recipe = languages::find_recipe(name);
    Language language = recipe != nullptr ? built_in(*recipe, search_path(out)) : Language{name, {}, {}, nullptr};
    const json::object &entry = value.get_object();
    const std::string executable = text(entry, "executable"), extension = text(entry, "file_extension");
    if (!executable.empty())
      language.program = executable.find('/') == std::string::npos ? executable : absolute(executable, base_dir);
    if (language.program.empty()) return invalid(pointer, "\"" + name + "\" is not built in; give its executable");
    if (!extension.empty()) language.extension = extension.front() == '.' ? extension : "." + extension;
    if (language.extension.find('/') != std::string::npos)
      return invalid(pointer + "/file_extension", "an extension has no '/'");
    plugin::Status status = add(out, std::move(language), pointer);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace

plugin::Status read_options(std::string_view text_json, std::string_view base_dir, Options &out) {
  const json::value parsed = text_json.empty() ? json::value(json::object()) : json::parse(text_json);
  const json::object &options = parsed.get_object();
  if (const std::string work_dir = text(options, "work_dir"); !work_dir.empty())
    out.work_dir = absolute(work_dir, base_dir);
  out.containment = containment_of(text(options, "containment"));
  if (plugin::Status status = read_variables(options, out); !status.ok()) return status;

  const json::value *executors = options.if_contains("executors");
  if (executors != nullptr && executors->is_array()) return read_list(executors->get_array(), out);
  if (executors != nullptr) return read_map(executors->get_object(), base_dir, out);
  const std::string path = search_path(out);
  for (const Recipe &recipe : execlet::languages::recipes()) out.languages.push_back(built_in(recipe, path));
  return {};
}

const Language *Options::find(std::string_view name) const {
  for (const Language &language : languages)
    if (language.name == name) return &language;
  return nullptr;
}

std::string Options::names_json() const {
  json::array names;
  for (const Language &language : languages) names.emplace_back(language.name);
  return json::serialize(json::object{{"supported", std::move(names)}});
}

std::string Options::names() const {
  std::string all;
  for (const Language &language : languages) all += (all.empty() ? "" : ", ") + language.name;
  return all;
}

}  // namespace execlet::local

// SPDX-License-Identifier: Apache-2.0
#include "language_guess.h"

#include <filesystem>
#include <sstream>

#include "command_line.h"
#include "json_text.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

bool contains(const json::array &list, std::string_view text) {
  for (const json::value &item : list) {
    if (item.is_string() && item.get_string() == json::string_view(text.data(), text.size())) {
      return true;
    }
  }
  return false;
}

std::string language_of_extension(const json::array &languages, const std::string &extension) {
  for (const json::value &item : languages) {
    if (item.is_object() && contains(list_at(item.get_object(), "extensions"), extension)) {
      return text_at(item.get_object(), "name");
    }
  }
  return {};
}

[[noreturn]] void cannot_tell(const Executor &executor, const json::array &languages, const std::string &file_name,
                              const std::string &extension) {
  std::string names;
  for (const json::value &item : languages) {
    if (item.is_object()) {
      names += (names.empty() ? "" : ", ") + text_at(item.get_object(), "name");
      const std::string extensions = joined(list_at(item.get_object(), "extensions"), " ");
      names += extensions.empty() ? "" : " (" + extensions + ")";
    }
  }
  std::string tried;
  if (file_name.empty() || file_name == "-") {
    tried = "the code has no file name and no #! line";
  } else if (extension.empty()) {
    tried = file_name + " has no extension and no #! line";
  } else {
    tried = "extension " + extension + " of " + file_name + " belongs to none of them and there is no #! line";
  }
  invalid_request("request.language", "cannot tell the language: " + tried + "; name it with -l. Executor '" +
                                          executor.name() + "' runs " + names);
}

}  // namespace

std::string language_of_shebang(std::string_view code) {
  if (code.substr(0, 2) != "#!") {
    return {};
  }
  std::istringstream line{std::string(
      code.substr(2, code.find('\n') == std::string_view::npos ? std::string_view::npos : code.find('\n') - 2))};
  std::string word;
  line >> word;
  std::string program = std::filesystem::path(word).filename().string();
  if (program == "env") {
    // Flags and assignments of env come before the program.
    while (line >> word && (word.front() == '-' || word.find('=') != std::string::npos)) {
    }
    program = line ? std::filesystem::path(word).filename().string() : std::string();
  }
  const std::size_t last = program.find_last_not_of("0123456789.");
  return last == std::string::npos ? program : program.substr(0, last + 1);
}

std::string guess_language(const Executor &executor, const std::string &file_name, std::string_view code) {
  const std::string extension = std::filesystem::path(file_name).extension().string();
  json::array languages;
  if (!extension.empty()) {
    languages = list_at(parse_object(executor.describe_json()), "languages");
    std::string language = language_of_extension(languages, extension);
    if (!language.empty()) {
      return language;
    }
  }
  std::string language = language_of_shebang(code);
  if (!language.empty()) {
    return language;
  }
  if (languages.empty()) {
    languages = list_at(parse_object(executor.describe_json()), "languages");
  }
  if (languages.size() > 1) {
    cannot_tell(executor, languages, file_name, extension);
  }
  return {};
}

}  // namespace execlet::cli

// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <system_error>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "../values/text.h"
#include "config_reader.h"
#include "config_source.h"
#include "config_text.h"
#include "interpolation.h"

namespace execlet::core {

extern const char kConfigSchema[];  // generated from docs/config.schema.json

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 1u << 20;

struct ParsedText {
  boost::json::value document;
  std::shared_ptr<const ConfigText> text;
};

// The failure of a JSON text gets the file into its details, as all others of a configuration have it.
Failure with_file(Failure failure, const fs::path &file) {
  if (file.empty() || failure.details_json.size() < 2) return failure;
  const std::string name = lossy_utf8(file.native());
  const std::string member = "\"file\":" + pretty_json(boost::json::string(name));
  failure.details_json.insert(1, failure.details_json == "{}" ? member : member + ',');
  return failure;
}

Result<ParsedText> parse(std::string_view bytes, std::string label, const fs::path &file, const fs::path &base_dir) {
  JsonRules rules;
  rules.source = lossy_utf8(label);
  rules.reasons = "config";
  rules.max_bytes = kMaxFile;
  rules.comments = true;
  rules.positions = true;
  auto document = read_json(bytes, rules);
  if (!document) return with_file(std::move(document).failure(), file);
  auto text = std::make_shared<ConfigText>();
  text->label = std::move(label);
  text->file = file;
  if (bytes.find('\n') != std::string_view::npos) text->lines = std::move(document->lines);
  if (auto done = interpolate(document->value, *text, base_dir); !done) return std::move(done).failure();
  return ParsedText{std::move(document->value), std::move(text)};
}

Result<fs::path> absolute_path(const fs::path &path) {
  std::error_code error;
  fs::path out = fs::absolute(path.empty() ? fs::path(".") : path, error).lexically_normal();
  if (error)
    return config_failure(nullptr, "base-dir", "",
                          "the working directory cannot be found: " + error.message() + "; change to one that exists");
  return out.has_filename() ? out : out.parent_path();  // without the slash that "." leaves behind
}

Failure unreadable(const fs::path &file, const Failure &failure) {
  ConfigText text;
  text.label = file.string();
  text.file = file;
  const bool missing = failure.reason == "file.missing";
  return config_failure(
      &text, missing ? "missing" : "unreadable", "",
      failure.message + (missing ? "; name an existing one, or run \"execlet init\" to make one" : ""));
}

Result<Config> read_opened(const SmallFile &content, const fs::path &file) {
  // Something like /dev/fd/63 has no directory that a relative path could mean.
  auto base_dir = absolute_path(content.regular ? file.parent_path() : fs::path("."));
  if (!base_dir) return std::move(base_dir).failure();
  auto parsed = parse(content.bytes, file.string(), file, *base_dir);
  if (!parsed) return std::move(parsed).failure();
  return ConfigReader(parsed->text, *base_dir).config(parsed->document);
}

std::string home_directory() {
  if (const char *home = ::secure_getenv("HOME"); home != nullptr && *home == '/') return home;
  char buffer[4096];
  passwd entry{};
  passwd *found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

std::vector<fs::path> search_path() {
  std::vector<fs::path> out = {"execlet.json"};
  if (const char *directory = ::secure_getenv("XDG_CONFIG_HOME"); directory != nullptr && *directory == '/')
    out.push_back(fs::path(directory) / "execlet/config.json");
  else if (const std::string home = home_directory(); !home.empty())
    out.push_back(fs::path(home) / ".config/execlet/config.json");
  out.emplace_back("/etc/execlet/config.json");
  return out;
}

Result<Config> read_found(const fs::path &file, const SmallFile &content) {
  if (const std::string why = distrust(content, file); !why.empty()) {
    ConfigText text;
    text.label = file.string();
    text.file = file;
    return config_failure(&text, "untrusted", "", why);
  }
  return read_opened(content, file);
}

}  // namespace

Result<Config> Config::from_file(const fs::path &file) {
  const auto content = read_small_file(file, kMaxFile);
  if (!content) return unreadable(file, content.failure());
  return read_opened(*content, file);
}

Result<Config> Config::from_text(std::string_view json, const fs::path &base_dir) {
  const auto base = absolute_path(base_dir);
  if (!base) return base.failure();
  auto parsed = parse(json, "the configuration", {}, *base);
  if (!parsed) return std::move(parsed).failure();
  return ConfigReader(parsed->text, *base).config(parsed->document);
}

Result<Config> Config::search() {
  if (const char *named = ::secure_getenv("EXECLET_CONFIG"); named != nullptr && *named != '\0') {
    const auto content = read_small_file(named, kMaxFile, true);
    if (content) return read_found(named, *content);
    Failure failure = unreadable(named, content.failure());
    failure.message += " (named by EXECLET_CONFIG)";
    return failure;
  }
  for (const fs::path &file : search_path()) {
    const auto content = read_small_file(file, kMaxFile, true);
    if (content) return read_found(file, *content);
    if (content.failure().reason != "file.missing") return unreadable(file, content.failure());
  }
  return Config{};
}

Result<ExecutorConfig> Config::executor_from_text(std::string_view name, std::string_view json,
                                                  const fs::path &base_dir) {
  const auto base = absolute_path(base_dir);
  if (!base) return base.failure();
  auto parsed = parse(json, "executor " + shortened(name), {}, *base);
  if (!parsed) return std::move(parsed).failure();
  return ConfigReader(parsed->text, *base).executor(std::string(name), parsed->document, "");
}

Failure placed_in_config(const ExecutorConfig &config, std::string_view below, Failure failure) {
  std::string pointer = config.pointer + std::string(below);
  boost::json::object details;
  JsonRules rules;
  if (auto given = read_json(failure.details_json, rules); given && given->value.is_object())
    details = std::move(given->value.get_object());
  if (const boost::json::value *inner = details.if_contains("pointer"); inner != nullptr && inner->is_string()) {
    const std::string beneath(inner->get_string().data(), inner->get_string().size());
    if (failure.message.rfind(beneath + ": ", 0) == 0) failure.message.erase(0, beneath.size() + 2);
    pointer += beneath;
  }
  failure.message.insert(0, config_place(config.text.get(), pointer, details));
  failure.details_json = boost::json::serialize(details);
  return failure;
}

std::string config_schema_json() {
  return kConfigSchema;
}

}  // namespace execlet::core

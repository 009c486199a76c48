// SPDX-License-Identifier: Apache-2.0
#include "interpolation.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "../values/text.h"
#include "config_source.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFile = 64u << 10;
constexpr std::string_view kAdvice = "; write $${ for a literal ${";

class Interpolation {
 public:
  Interpolation(ConfigText &text, const std::filesystem::path &base_dir) : text_(text), base_dir_(base_dir) {}

  // The depth of a configuration is bounded by its parser.
  Result<void> walk(json::value &value, const std::string &pointer) {
    if (value.is_object()) {
      for (auto &member : value.get_object())
        if (auto done = walk(member.value(), child_pointer(pointer, member.key())); !done) return done;
    } else if (value.is_array()) {
      std::size_t index = 0;
      for (json::value &item : value.get_array())
        if (auto done = walk(item, child_pointer(pointer, std::to_string(index++))); !done) return done;
    } else if (value.is_string()) {
      return replace(value.get_string(), pointer);
    }
    return {};
  }

 private:
  Failure wrong(const std::string &pointer, const std::string &message) {
    return config_failure(&text_, "interpolation", pointer, message);
  }

  Result<void> replace(json::string &value, const std::string &pointer) {
    const std::string_view from(value.data(), value.size());
    if (from.find("${") == std::string_view::npos) return {};
    std::string out;
    for (std::size_t at = 0; at < from.size();) {
      const std::size_t dollar = from.find('$', at);
      out += from.substr(at, dollar - at);
      if (dollar == std::string_view::npos) break;
      const std::string_view rest = from.substr(dollar);
      if (rest.substr(0, 3) == "$${") {
        out += "${";
        at = dollar + 3;
      } else if (rest.substr(0, 2) == "${") {
        const std::size_t close = rest.find('}');
        if (close == std::string_view::npos) return wrong(pointer, "\"${\" without its \"}\"" + std::string(kAdvice));
        const auto text = fetch(rest.substr(2, close - 2), pointer);
        if (!text) return text.failure();
        out += text.value();
        text_.secrets.insert(pointer);
        at = dollar + close + 1;
      } else {
        out += '$';
        at = dollar + 1;
      }
    }
    value.assign(out.data(), out.size());
    return {};
  }

  Result<std::string> fetch(std::string_view reference, const std::string &pointer) {
    if (reference.substr(0, 4) == "env:") return from_environment(std::string(reference.substr(4)), pointer);
    if (reference.substr(0, 5) == "file:") return from_file(std::string(reference.substr(5)), pointer);
    return wrong(pointer, "unknown reference " + core::quoted("${" + std::string(reference) + '}') +
                              ": expected ${env:NAME} or ${file:PATH}" + std::string(kAdvice));
  }

  Result<std::string> from_environment(const std::string &name, const std::string &pointer) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos)
      return wrong(pointer, core::quoted("${env:" + name + '}') + " names no environment variable");
    const char *value = std::getenv(name.c_str());
    if (value == nullptr)
      return wrong(pointer, "environment variable " + shortened(name) + " is not set; set it or remove the reference");
    if (!is_utf8(value)) return wrong(pointer, "environment variable " + shortened(name) + " is not UTF-8");
    return std::string(value);
  }

  Result<std::string> from_file(const std::string &path, const std::string &pointer) {
    if (path.empty() || path.find('\0') != std::string::npos) return wrong(pointer, "${file:} needs a path");
    const std::filesystem::path file = base_dir_ / path;
    auto content = read_small_file(file, kMaxFile);
    if (!content) return wrong(pointer, "file " + lossy_utf8(file.native()) + ": " + content.failure().message);
    std::string text = std::move(content).value().bytes;
    if (!is_utf8(text)) return wrong(pointer, "file " + lossy_utf8(file.native()) + " is not UTF-8");
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
  }

  ConfigText &text_;
  const std::filesystem::path &base_dir_;
};

}  // namespace

Result<void> interpolate(boost::json::value &value, ConfigText &text, const std::filesystem::path &base_dir) {
  return Interpolation(text, base_dir).walk(value, "");
}

}  // namespace execlet::core

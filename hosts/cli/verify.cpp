// SPDX-License-Identifier: Apache-2.0
//
// `execlet plugins verify`: all that is wrong with plugin files, at once.
#include <execlet/execlet.hpp>

#include "console.h"
#include "json_text.h"
#include "marks.h"
#include "verbs.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

std::string line(Mark mark, const std::string &text) {
  return "  " + marked(mark, text, 0) + "\n";
}

std::string text_of(const json::object &verification) {
  const json::object manifest = object_at(verification, "manifest");
  std::string out = heading(text_at(verification, "file")) + ": " +
                    (flag_at(verification, "usable") ? "ok" : "cannot be used") + "\n";
  if (!manifest.empty()) {
    out += line(Mark::kNone, text_at(manifest, "name") + " " + text_at(manifest, "version") + ": " +
                                 text_at(manifest, "description"));
  }
  for (const json::value &problem : list_at(verification, "problems")) {
    const json::object &one = problem.as_object();
    out += line(Mark::kBad, text_at(one, "reason") + ": " + text_at(one, "message"));
  }
  for (const json::value &warning : list_at(verification, "warnings")) {
    out += line(Mark::kWarning, warning.as_string().c_str());
  }
  const std::string not_tried = text_at(verification, "not_tried");
  return not_tried.empty() ? out : out + line(Mark::kNone, not_tried);
}

}  // namespace

int plugins_verify(const Arguments &arguments) {
  const VerifyOptions options = parse_plugins_verify(arguments);
  json::array verifications;
  std::string text;
  bool all_usable = true;
  for (const std::string &file : options.files) {
    json::object verification = parse_object(plugin_verify_json(file));
    all_usable = all_usable && flag_at(verification, "usable");
    text += text_of(verification);
    verifications.emplace_back(std::move(verification));
  }
  print(options.json ? to_pretty_text(json::object{{"ok", all_usable}, {"plugins", std::move(verifications)}}) : text);
  return all_usable ? 0 : kFoundWrong;
}

}  // namespace execlet::cli

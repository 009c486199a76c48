// SPDX-License-Identifier: Apache-2.0
#include "explanation.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "../loader/manifest_reader.h"
#include "../values/nearest_name.h"
#include "../values/text.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

// By the manifest's name if there is one, else by the file's.
std::string name_of(const Candidate &candidate) {
  return candidate.manifest ? candidate.manifest->name : candidate.file.stem().string();
}

json::string json_text(const std::string &text) {
  return json::string(lossy_utf8(text));
}

json::object describe(std::string_view name, const std::string &nearest, const std::vector<std::string> &known,
                      const std::vector<DirectoryReport> &reports) {
  json::array searched;
  json::array refused;
  for (const DirectoryReport &report : reports) {
    searched.push_back(json::object{{"path", json_text(report.directory.path.string())},
                                    {"origin", report.directory.origin},
                                    {"used", report.exists && report.refusal.empty()}});
    for (const Candidate &candidate : report.candidates)
      if (candidate.state == Candidate::State::kRefused)
        refused.push_back(json::object{{"file", json_text(candidate.file.string())},
                                       {"reason", candidate.reason},
                                       {"message", json_text(candidate.message)}});
  }
  return {{"name", json_text(std::string(name))},
          {"nearest", nearest},
          {"known", json::array(known.begin(), known.end())},
          {"searched", std::move(searched)},
          {"refused", std::move(refused)}};
}

std::string searched_text(const std::vector<DirectoryReport> &reports) {
  std::string text;
  for (const DirectoryReport &report : reports) {
    text += (text.empty() ? "" : ", ") + report.directory.path.string() + " (" + report.directory.origin;
    if (!report.exists)
      text += "; does not exist";
    else if (!report.refusal.empty())
      text += "; refused: " + report.refusal;
    text += ")";
  }
  return text.empty() ? "no directory" : text;
}

}  // namespace

Failure explain_missing(std::string_view name, const std::vector<DirectoryReport> &reports) {
  std::vector<std::string> known;
  const Candidate *refused = nullptr;
  for (const DirectoryReport &report : reports)
    for (const Candidate &candidate : report.candidates) {
      if (candidate.state == Candidate::State::kUsable) known.push_back(candidate.manifest->name);
      if (candidate.state == Candidate::State::kRefused && refused == nullptr && name_of(candidate) == name)
        refused = &candidate;
    }
  std::sort(known.begin(), known.end());
  const std::string nearest = nearest_name(name, known);

  Failure failure;
  failure.details_json = json::serialize(describe(name, nearest, known, reports));
  if (refused != nullptr) {
    failure.status = EXECLET_UNAVAILABLE;
    failure.reason = refused->reason;
    failure.message = "the backend \"" + printable(name) + "\" was found but cannot be used: " + refused->message;
    return failure;
  }
  failure.status = EXECLET_INVALID_REQUEST;
  failure.reason = "registry.unknown";
  failure.message = "there is no backend \"" + printable(name) + "\"";
  failure.message += nearest.empty() ? "." : "; did you mean \"" + nearest + "\"?";
  failure.message += " Searched: " + searched_text(reports) + ".";
  std::string all;
  for (const std::string &one : known) all += (all.empty() ? "" : ", ") + one;
  failure.message += all.empty() ? " No backend was found at all." : " Known: " + all + ".";
  return failure;
}

}  // namespace execlet::core

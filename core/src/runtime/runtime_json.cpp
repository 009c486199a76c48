// SPDX-License-Identifier: Apache-2.0
#include "runtime_json.h"

#include "../config/option_schema.h"
#include "../values/text.h"
#include "json_writer.h"

namespace execlet::core {
namespace {

std::string_view state_name(Candidate::State state) {
  switch (state) {
    case Candidate::State::kUsable:
      return "usable";
    case Candidate::State::kShadowed:
      return "shadowed";
    case Candidate::State::kRefused:
      return "refused";
  }
  return "refused";
}

double seconds(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1e9;
}

void write_candidate(JsonWriter &out, const Candidate &candidate) {
  out.begin_object();
  out.member("file", lossy_utf8(candidate.file.native()));
  out.member("state", state_name(candidate.state));
  out.member("reason", lossy_utf8(candidate.reason));
  out.member("message", lossy_utf8(candidate.message));
  out.key("manifest");
  if (candidate.manifest)
    out.json(candidate.manifest->text);
  else
    out.null();
  out.end_object();
}

void write_directory(JsonWriter &out, const DirectoryReport &report) {
  out.begin_object();
  out.member("path", lossy_utf8(report.directory.path.native()));
  out.member("origin", lossy_utf8(report.directory.origin));
  out.key("exists");
  out.boolean(report.exists);
  out.member("refusal", lossy_utf8(report.refusal));
  out.key("warnings");
  out.begin_array();
  for (const std::string &warning : report.warnings) out.string(lossy_utf8(warning));
  out.end_array();
  out.key("candidates");
  out.begin_array();
  for (const Candidate &candidate : report.candidates) write_candidate(out, candidate);
  out.end_array();
  out.end_object();
}

}  // namespace

std::string plugins_json(Registry &registry) {
  JsonWriter out;
  out.begin_object();
  out.key("directories");
  out.begin_array();
  for (const DirectoryReport &report : registry.report()) write_directory(out, report);
  out.end_array();
  out.end_object();
  return std::move(out).text();
}

Result<std::string> plugin_json(Registry &registry, std::string_view name) {
  const auto manifest = registry.manifest(name);
  if (!manifest) return manifest.failure();
  std::string file;
  for (const DirectoryReport &report : registry.report()) {
    for (const Candidate &candidate : report.candidates) {
      if (candidate.state == Candidate::State::kUsable && candidate.manifest && candidate.manifest->name == name)
        file = candidate.file.native();
    }
  }
  JsonWriter out;
  out.begin_object();
  out.member("file", lossy_utf8(file));
  out.key("manifest");
  out.json(manifest->text);
  out.end_object();
  return std::move(out).text();
}

std::string sessions_json(const std::vector<SessionFacts> &sessions) {
  JsonWriter out;
  out.begin_object();
  out.key("sessions");
  out.begin_array();
  for (const SessionFacts &session : sessions) {
    out.begin_object();
    out.member("id", session.id);
    out.member("executor", lossy_utf8(session.executor));
    out.member("backend", lossy_utf8(session.backend));
    out.member("state", session.busy ? "busy" : "idle");
    out.key("waiting");
    out.number(static_cast<std::uint64_t>(session.waiting));
    out.key("age");
    out.decimal(seconds(session.age));
    out.key("idle");
    out.decimal(seconds(session.idle));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return std::move(out).text();
}

std::string verification_json(const std::filesystem::path &file) {
  Verification verification = verify_plugin(file);
  if (verification.manifest) {
    const auto checked = check_against_schema(boost::json::object(), verification.manifest->options_schema);
    if (!checked) verification.problems.push_back(checked.failure());
  }
  JsonWriter out;
  out.begin_object();
  out.member("file", lossy_utf8(verification.file.native()));
  out.key("usable");
  out.boolean(verification.problems.empty());
  out.member("sha256", verification.digest);
  out.key("manifest");
  if (verification.manifest)
    out.json(verification.manifest->text);
  else
    out.null();
  out.key("problems");
  out.begin_array();
  for (const Failure &problem : verification.problems) {
    out.begin_object();
    out.member("reason", lossy_utf8(problem.reason));
    out.member("message", lossy_utf8(problem.message));
    out.end_object();
  }
  out.end_array();
  out.key("warnings");
  out.begin_array();
  for (const std::string &warning : verification.warnings) out.string(lossy_utf8(warning));
  out.end_array();
  out.member("not_tried", lossy_utf8(verification.not_tried));
  out.end_object();
  return std::move(out).text();
}

}  // namespace execlet::core

// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>

#include "ordinary_user.h"

namespace execlet::test {
namespace {

namespace json = boost::json;

// Before any test, for all of them; a test program that is not root's is an ordinary user's already.
const bool kRightsSettled = [] {
  if (kSubject.as_user && !become_ordinary_user()) std::abort();
  return true;
}();

Runtime open_runtime() {
  RuntimeOptions options;
  options.config_json = "{}";
  if (*kSubject.plugin_dir != 0) options.plugin_dirs = {kSubject.plugin_dir};
  return Runtime::open(options);
}

std::string executor_json(const std::string &more, const std::string &beside) {
  json::value options = json::parse(kSubject.options);
  const json::value wins = json::parse(more);
  for (const auto &member : wins.as_object()) options.as_object()[member.key()] = member.value();
  json::value executor = json::parse(beside);
  executor.as_object()["backend"] = kSubject.backend;
  executor.as_object()["options"] = std::move(options);
  return json::serialize(executor);
}

// What stands in the manifest at `pointer`; null if nothing does.
json::value at(const std::string &manifest, const std::string &pointer) {
  const json::value parsed = json::parse(manifest);
  boost::system::error_code error;
  const json::value *found = parsed.find_pointer(pointer, error);
  return found != nullptr ? *found : json::value();
}

bool lists(const json::value &array, const std::string &wanted) {
  if (!array.is_array()) return false;
  for (const json::value &item : array.get_array())
    if (item.is_string() && item.get_string() == wanted.c_str()) return true;
  return false;
}

}  // namespace

Claims::Claims() {
  const Runtime runtime = open_runtime();
  manifest_ = json::serialize(json::parse(runtime.plugin_json(kSubject.backend)).at("manifest"));
}

std::string Claims::text(const std::string &key) const {
  const json::value value = at(manifest_, "/capabilities/" + key);
  return value.is_string() ? value.get_string().c_str() : std::string();
}

bool Claims::flag(const std::string &key) const {
  const json::value value = at(manifest_, "/capabilities/" + key);
  return value.is_bool() && value.get_bool();
}

bool Claims::network(const std::string &value) const {
  return lists(at(manifest_, "/capabilities/network"), value);
}

bool Claims::limit(const std::string &name) const {
  const json::value scope = at(manifest_, "/capabilities/limits/" + name + "/scope");
  return scope.is_string() && scope.get_string() != "none";
}

bool Claims::option(const std::string &name) const {
  return !at(manifest_, "/options/properties/" + name).is_null();
}

bool Claims::language(const std::string &name) const {
  const json::value languages = at(manifest_, "/capabilities/languages");
  return lists(languages, "*") || lists(languages, name);
}

Place::Place(const std::string &more, const std::string &beside)
    : runtime(open_runtime()), executor(runtime.executor_from_json("place", executor_json(more, beside))) {}

Executor Place::another(const std::string &name) const {
  return runtime.executor_from_json(name, executor_json("{}", "{}"));
}

Result Place::sh(const std::string &script, Request request) const {
  return run("sh", script, std::move(request));
}

Result Place::run(const std::string &language, const std::string &code, Request request) const {
  request.language = language;
  request.code = code;
  return executor.execute_code(request);
}

Request with_times(double timeout, double grace) {
  Request request;
  request.timeout = Seconds(timeout);
  request.kill_grace = Seconds(grace);
  return request;
}

const LimitReport *report(const Result &result, const std::string &name) {
  for (const LimitReport &limit : result.limits)
    if (limit.name == name) return &limit;
  return nullptr;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
#include "console.h"
#include "doctor.h"
#include "hello_program.h"
#include "json_text.h"
#include "limit_names.h"

namespace execlet::cli {
namespace json = boost::json;
namespace {

// What a backend says nothing about here, its manifest says in general.
json::object limits_here(const json::object &facts, const json::object &declared) {
  const json::object found = object_at(facts, "limits");
  json::object out;
  for (const std::string_view name : kLimitNames) {
    const json::object &fact = found.empty() ? object_at(declared, name) : object_at(found, name);
    const std::string scope = text_at(fact, "scope");
    const bool enforced = !scope.empty() && scope != "none";
    std::string reason;
    if (!enforced) {
      reason = text_at(object_at(facts, "unenforced"), name);
      if (reason.empty()) {
        const std::string general = text_at(object_at(declared, name), "scope");
        reason = general.empty() || general == "none" ? "this backend has no such limit" : "not on this machine";
      }
    }
    out[name] = json::object{{"enforced", enforced},
                             {"scope", enforced ? scope : "none"},
                             {"how", enforced ? text_at(fact, "how") : ""},
                             {"reason", reason},
                             {"remedy", enforced ? "" : text_at(object_at(facts, "remedies"), name)}};
  }
  return out;
}

struct Choice {
  std::string language;
  std::string code;
  bool known = false;  // the program prints "hello"
};

Choice choose_hello(const json::array &languages, const json::array &declared) {
  Choice out;
  for (const json::value &item : languages) {
    if (!item.is_object() || !flag_at(item.get_object(), "available")) continue;
    const std::string name = text_at(item.get_object(), "name");
    const std::string_view code = hello_program(name);
    if (out.language.empty() || (!code.empty() && !out.known)) out = {name, std::string(code), !code.empty()};
  }
  // A backend that lists nothing live: what its manifest names.
  for (const json::value &item : declared) {
    if (!out.language.empty() || !languages.empty()) break;
    if (item.is_string() && item.get_string() != "*") {
      const std::string name = item.get_string().c_str();
      out = {name, std::string(hello_program(name)), !hello_program(name).empty()};
    }
  }
  if (!out.known) out.code = "hello\n";
  return out;
}

// An ending that only a place can have that took the code and ran it.
bool has_run(Status status) {
  return status == Status::kOk || status == Status::kFailed || status == Status::kSignaled;
}

json::object hello_of(const Choice &choice, const Result &result) {
  const bool right = choice.known ? result.ok() && result.output == "hello\n" : has_run(result.status);
  std::string message;
  if (!choice.known && right) {
    message = "ran \"hello\", which need not be a program of " + choice.language + "; it ended " +
              std::string(to_string(result.status));
  } else if (right) {
    message = "printed hello";
  } else {
    message = result.ok() ? "printed something else than hello" : result.summary();
  }
  return {{"language", choice.language},
          {"ok", right},
          {"status", std::string(to_string(result.status))},
          {"message", message},
          {"wall_ms", result.usage.wall_ms}};
}

json::object say_hello(const Executor &executor, const Choice &choice, SignalCancel &signals) {
  if (choice.language.empty()) {
    return {{"language", nullptr},
            {"ok", false},
            {"status", nullptr},
            {"message", "no language can be used: install an interpreter, or name another one in the options"},
            {"wall_ms", 0}};
  }
  Request request;
  request.code = choice.code;
  request.language = choice.language;
  request.on_event = [](const Event &event) {
    if (event.type == EventType::kProgress) show_progress(event.name, event.data, event.current, event.total);
  };
  const Execution execution = executor.submit(request);
  signals.on_first([&execution] { execution.cancel(); });
  const Result result = execution.result();
  signals.on_first({});
  clear_progress();
  return hello_of(choice, result);
}

}  // namespace

json::object failed_executor(const std::string &name, const std::string &problem) {
  return {{"name", name},
          {"backend", nullptr},
          {"ok", false},
          {"problem", problem},
          {"plugin", nullptr},
          {"languages", json::array()},
          {"limits", json::object()},
          {"hello", nullptr}};
}

json::object examine_executor(const Runtime &runtime, const Executor &executor, SignalCancel &signals) {
  json::object out = {{"name", executor.name()}, {"backend", executor.backend()}, {"ok", true}, {"problem", ""}};
  const json::object plugin = parse_object(runtime.plugin_json(executor.backend()));
  const json::object manifest = object_at(plugin, "manifest");
  const json::object can = object_at(manifest, "capabilities");
  out["plugin"] = json::object{{"file", text_at(plugin, "file")}, {"version", text_at(manifest, "version")}};
  json::object facts;
  try {
    facts = parse_object(executor.inspect_json());
  } catch (const Error &error) {
    out["ok"] = false;
    out["problem"] = error.what();
  }
  out["containment"] = json::object{{"kind", text_at(facts, "containment")},
                                    {"reason", text_at(object_at(facts, "unenforced"), "containment")},
                                    {"remedy", text_at(object_at(facts, "remedies"), "containment")}};
  out["languages"] = list_at(facts, "languages");
  out["limits"] = limits_here(facts, object_at(can, "limits"));
  const json::object hello =
      say_hello(executor, choose_hello(list_at(facts, "languages"), list_at(can, "languages")), signals);
  if (!flag_at(hello, "ok")) out["ok"] = false;
  out["hello"] = hello;
  return out;
}

}  // namespace execlet::cli

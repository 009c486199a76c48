// SPDX-License-Identifier: Apache-2.0
#include "limit_check.h"

#include "../values/json_words.h"
#include "request_failure.h"

namespace execlet::core {
namespace {

Result<RequestLimits> parse_limits(const Request &request) {
  RequestLimits out;
  for (const auto &[name, text] : request.limits) {
    const std::string pointer = child_pointer("/limits", name);
    const auto value = parse_limit_text(name, text);
    if (!value) return at_pointer(pointer, value.failure());
    out[static_cast<std::size_t>(*limit_from_name(name))] = *value;
  }
  return out;
}

Failure not_enforceable(const std::string &name, const ExecutorFacts &executor) {
  return rejected(child_pointer("/limits", name), "limits.not-enforceable",
                  "backend " + core::quoted(executor.manifest().name) + " cannot enforce the limit " + name +
                      "; choose another backend, leave the limit out, or set `best_effort` to run without it");
}

}  // namespace

Notice not_enforced_notice(execlet_abi_limit limit) {
  return {"limits.not-enforced", "the limit " + std::string(limit_name(limit)) + " is not enforced here"};
}

Result<void> check_limits(const ExecutorFacts &executor, PreparedRequest &out) {
  const Request &request = *out.source;
  const auto requested = parse_limits(request);
  if (!requested) return requested.failure();
  auto limits = tighten(executor.settings().limits, *requested);
  if (!limits) return at_pointer("/limits", std::move(limits).failure());
  out.limits = *limits;
  out.best_effort = request.best_effort || executor.settings().best_effort;
  for (std::size_t kind = 0; kind < out.limits.size(); ++kind) {
    if (!out.limits[kind]) continue;
    const std::string name(limit_name(static_cast<execlet_abi_limit>(kind)));
    switch (executor.manifest().capabilities.limits[kind].scope) {
      case LimitScope::kNone:
        if (!out.best_effort) return not_enforceable(name, executor);
        out.notices.push_back(not_enforced_notice(static_cast<execlet_abi_limit>(kind)));
        break;
      case LimitScope::kInstance:
        out.instance_key.limits[kind] = out.limits[kind];
        out.passed_limits[kind] = out.limits[kind];
        break;
      case LimitScope::kRun:
        out.passed_limits[kind] = out.limits[kind];
        break;
    }
  }
  return {};
}

}  // namespace execlet::core

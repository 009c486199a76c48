// SPDX-License-Identifier: Apache-2.0
#include <execlet/execlet.h>

#include <string>

#include "../markdown/fences.h"
#include "../runtime/request_json.h"
#include "guard.h"
#include "handles.h"

using namespace execlet::core;

namespace {

// `name` is the argument that must not be NULL if there is a size.
std::string bytes(Request &request, std::string_view name, const void *data, size_t size) {
  if (size == 0) return {};
  if (data) return {static_cast<const char *>(data), size};
  request.bad_argument = std::string(name) + " is NULL, its size is " + std::to_string(size);
  return {};
}

// A setter has no way to say that something is wrong: the request remembers it and refuses to run.
template <class Set>
void set(execlet_request *request, Set setter) noexcept {
  if (!request) return;
  try {
    setter(request->request);
  } catch (...) {
    request->request.out_of_memory = true;
  }
}

}  // namespace

execlet_request *execlet_request_new(void) {
  return new (std::nothrow) execlet_request;
}

void execlet_request_free(execlet_request *request) {
  delete request;
}

void execlet_request_set_code(execlet_request *request, const char *code, size_t size) {
  set(request, [&](Request &to) { to.code = bytes(to, "code", code, size); });
}

void execlet_request_set_language(execlet_request *request, const char *language) {
  set(request, [&](Request &to) { to.language = or_empty(language); });
}

void execlet_request_add_block(execlet_request *request, const char *language, const char *code, size_t size) {
  set(request, [&](Request &to) {
    to.has_blocks = true;
    to.blocks.push_back({or_empty(language), bytes(to, "code", code, size)});
  });
}

void execlet_request_add_file(execlet_request *request, const char *path, const void *data, size_t size) {
  set(request, [&](Request &to) { to.files.emplace_back(or_empty(path), bytes(to, "data", data, size)); });
}

void execlet_request_set_entry_point(execlet_request *request, const char *path) {
  set(request, [&](Request &to) { to.entry_point = or_empty(path); });
}

void execlet_request_add_arg(execlet_request *request, const char *arg) {
  set(request, [&](Request &to) { to.args.push_back(or_empty(arg)); });
}

void execlet_request_add_env(execlet_request *request, const char *name, const char *value) {
  set(request, [&](Request &to) { to.env.emplace_back(or_empty(name), or_empty(value)); });
}

void execlet_request_set_stdin(execlet_request *request, const void *data, size_t size) {
  set(request, [&](Request &to) { to.stdin_data = bytes(to, "data", data, size); });
}

void execlet_request_open_stdin(execlet_request *request) {
  set(request, [&](Request &to) { to.open_stdin = true; });
}

void execlet_request_set_timeout(execlet_request *request, double seconds) {
  set(request, [&](Request &to) { to.timeout = seconds; });
}

void execlet_request_set_kill_grace(execlet_request *request, double seconds) {
  set(request, [&](Request &to) { to.kill_grace = seconds; });
}

void execlet_request_set_deadline(execlet_request *request, double seconds) {
  set(request, [&](Request &to) { to.deadline = seconds; });
}

void execlet_request_set_limit(execlet_request *request, const char *name, const char *value) {
  set(request, [&](Request &to) { to.limits.emplace_back(or_empty(name), or_empty(value)); });
}

void execlet_request_set_best_effort(execlet_request *request, int best_effort) {
  set(request, [&](Request &to) { to.best_effort = best_effort != 0; });
}

void execlet_request_set_network(execlet_request *request, const char *network) {
  set(request, [&](Request &to) { to.network = or_empty(network); });
}

void execlet_request_set_session(execlet_request *request, const char *session) {
  set(request, [&](Request &to) { to.session = or_empty(session); });
}

void execlet_request_add_collect(execlet_request *request, const char *glob) {
  set(request, [&](Request &to) { to.collect.push_back(or_empty(glob)); });
}

void execlet_request_set_artifacts_dir(execlet_request *request, const char *path) {
  set(request, [&](Request &to) { to.artifacts_dir = or_empty(path); });
}

void execlet_request_set_metadata(execlet_request *request, const char *json) {
  set(request, [&](Request &to) { to.metadata = or_empty(json); });
}

execlet_status execlet_request_from_json(execlet_request *request, const char *json, size_t size,
                                         execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (!request) return null_argument("request");
    if (!json) return null_argument("json");
    Result<Request> parsed = request_from_json(std::string_view(json, size));
    if (!parsed) return std::move(parsed).failure();
    request->request = std::move(*parsed);
    return {};
  });
}

execlet_status execlet_request_add_markdown(execlet_request *request, const char *markdown, size_t size, size_t *count,
                                            execlet_error **error) {
  return guarded(error, [&]() -> Result<void> {
    if (!request) return null_argument("request");
    if (!markdown) return null_argument("markdown");
    auto blocks = fenced_blocks(std::string_view(markdown, size));
    if (!blocks) return std::move(blocks).failure();
    request->request.has_blocks = true;
    for (auto &block : *blocks)
      request->request.blocks.push_back({std::move(block.language), std::move(block.code), block.line});
    if (count) *count = blocks->size();
    return {};
  });
}

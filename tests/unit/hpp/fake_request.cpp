// SPDX-License-Identifier: Apache-2.0
//
// What a request is given, as the stand-in records it.
#include "fake_execlet.h"

using fake::record;

void execlet_request_set_code(execlet_request *, const char *code, size_t size) {
  record.request["code"] = std::string(code, size);
}
void execlet_request_set_language(execlet_request *, const char *language) {
  record.request["language"] = language;
}
void execlet_request_add_block(execlet_request *, const char *language, const char *code, size_t size) {
  record.blocks.push_back(std::string(language) + ":" + std::string(code, size));
}
void execlet_request_add_file(execlet_request *, const char *path, const void *data, size_t size) {
  record.request[std::string("file ") + path] = std::string(static_cast<const char *>(data), size);
}
void execlet_request_set_entry_point(execlet_request *, const char *path) {
  record.request["entry_point"] = path;
}
void execlet_request_add_arg(execlet_request *, const char *arg) {
  record.request["args"] += std::string(arg) + ";";
}
void execlet_request_add_env(execlet_request *, const char *name, const char *value) {
  record.request[std::string("env ") + name] = value;
}
void execlet_request_set_stdin(execlet_request *, const void *data, size_t size) {
  record.request["stdin"] = std::string(static_cast<const char *>(data), size);
}
void execlet_request_open_stdin(execlet_request *) {
  record.request["open_stdin"] = "1";
}
void execlet_request_set_timeout(execlet_request *, double seconds) {
  record.request["timeout"] = std::to_string(seconds);
}
void execlet_request_set_kill_grace(execlet_request *, double seconds) {
  record.request["kill_grace"] = std::to_string(seconds);
}
void execlet_request_set_deadline(execlet_request *, double seconds) {
  record.request["deadline"] = std::to_string(seconds);
}
void execlet_request_set_limit(execlet_request *, const char *name, const char *value) {
  record.request[std::string("limit ") + name] = value;
}
void execlet_request_set_best_effort(execlet_request *, int best_effort) {
  record.request["best_effort"] = std::to_string(best_effort);
}
void execlet_request_set_network(execlet_request *, const char *network) {
  record.request["network"] = network;
}
void execlet_request_set_session(execlet_request *, const char *session) {
  record.request["session"] = session;
}
void execlet_request_add_collect(execlet_request *, const char *glob) {
  record.request["collect"] += std::string(glob) + ";";
}
void execlet_request_set_artifacts_dir(execlet_request *, const char *path) {
  record.request["artifacts_dir"] = path;
}
void execlet_request_set_metadata(execlet_request *, const char *json) {
  record.request["metadata"] = json;
}

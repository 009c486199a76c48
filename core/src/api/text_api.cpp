// SPDX-License-Identifier: Apache-2.0
//
// Version, names, errors and owned texts.
#include <execlet/execlet.h>

#include "../instance/status_table.h"
#include "handles.h"

#define EXECLET_STRINGIFY_(x) #x
#define EXECLET_STRINGIFY(x) EXECLET_STRINGIFY_(x)

const char *execlet_version(void) {
  return EXECLET_STRINGIFY(EXECLET_VERSION_MAJOR) "." EXECLET_STRINGIFY(EXECLET_VERSION_MINOR) "." EXECLET_STRINGIFY(
      EXECLET_VERSION_PATCH);
}

const char *execlet_status_name(execlet_status status) {
  return execlet::core::status_name(status).data();  // literals: NUL-terminated
}

execlet_status execlet_error_status(const execlet_error *error) {
  return error ? error->failure.status : EXECLET_OK;
}

const char *execlet_error_reason(const execlet_error *error) {
  return error ? error->failure.reason.c_str() : "";
}

const char *execlet_error_message(const execlet_error *error) {
  return error ? error->failure.message.c_str() : "";
}

const char *execlet_error_details(const execlet_error *error) {
  return error ? error->failure.details_json.c_str() : "{}";
}

void execlet_error_free(execlet_error *error) {
  delete error;
}

const char *execlet_text_data(const execlet_text *text) {
  return text ? text->text.c_str() : "";
}

size_t execlet_text_size(const execlet_text *text) {
  return text ? text->text.size() : 0;
}

void execlet_text_free(execlet_text *text) {
  delete text;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A host that is not linked to the library: it loads it with RTLD_LOCAL, as interpreters do with their extensions.
 *     dlopen_host LIBRARY
 */
#include <dlfcn.h>
#include <execlet/execlet.h>
#include <stdio.h>
#include <string.h>

static void *library;

/* POSIX wants an object pointer to be turned into that of a function this way. */
static void find(const char *name, void *function_pointer) {
  void *found = dlsym(library, name);
  if (found == NULL) fprintf(stderr, "%s\n", dlerror());
  memcpy(function_pointer, &found, sizeof found);
}

int main(int argc, char **argv) {
  execlet_status (*open_runtime)(const execlet_runtime_options *, execlet_runtime **, execlet_error **) = NULL;
  execlet_status (*executor_from_json)(execlet_runtime *, const char *, const char *, execlet_executor **,
                                       execlet_error **) = NULL;
  execlet_request *(*request_new)(void) = NULL;
  execlet_status (*request_from_json)(execlet_request *, const char *, size_t, execlet_error **) = NULL;
  execlet_result *(*execute)(execlet_executor *, const execlet_request *, execlet_event_fn, void *) = NULL;
  const char *(*output)(const execlet_result *, size_t *) = NULL;
  void (*close_runtime)(execlet_runtime *) = NULL;
  static const char request_json[] = "{\"language\": \"sh\", \"code\": \"echo hello\"}";
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  execlet_runtime *runtime = NULL;
  execlet_executor *executor = NULL;
  library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (library == NULL) {
    fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "usage: dlopen_host LIBRARY");
    return 2;
  }
  find("execlet_runtime_open", &open_runtime);
  find("execlet_runtime_executor_from_json", &executor_from_json);
  find("execlet_request_new", &request_new);
  find("execlet_request_from_json", &request_from_json);
  find("execlet_executor_execute", &execute);
  find("execlet_result_output", &output);
  find("execlet_runtime_close", &close_runtime);
  options.config_json = "{}";
  if (open_runtime(&options, &runtime, NULL) != EXECLET_OK ||
      executor_from_json(runtime, "here", "{\"backend\": \"local\"}", &executor, NULL) != EXECLET_OK)
    return 1;
  execlet_request *request = request_new();
  if (request_from_json(request, request_json, sizeof request_json - 1, NULL) != EXECLET_OK) return 1;
  const char *said = output(execute(executor, request, NULL, NULL), NULL);
  fputs(said, stdout);
  close_runtime(runtime);
  dlclose(library); /* has no effect: the library stays */
  return strcmp(said, "hello\n") == 0 ? 0 : 1;
}

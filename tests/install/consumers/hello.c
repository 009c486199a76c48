/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one line of Python through the C API and prints what it printed.
 */
#include <execlet/execlet.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  static const char code[] = "print('Hello from', 6 * 7)";
  execlet_runtime_options options = EXECLET_RUNTIME_OPTIONS_INIT;
  execlet_runtime *runtime = NULL;
  execlet_executor *executor = NULL;
  execlet_error *error = NULL;
  options.config_json =
      "{\"executors\": {\"py\": {\"backend\": \"local\", \"options\": {\"executors\": [\"python\"]}}}}";
  if (execlet_runtime_open(&options, &runtime, &error) != EXECLET_OK ||
      execlet_runtime_executor(runtime, "py", &executor, &error) != EXECLET_OK) {
    fprintf(stderr, "%s\n", execlet_error_message(error));
    return 1;
  }
  execlet_request *request = execlet_request_new();
  execlet_request_set_code(request, code, strlen(code));
  execlet_request_set_language(request, "python");
  execlet_result *result = execlet_executor_execute(executor, request, NULL, NULL);
  size_t size = 0;
  const char *output = execlet_result_output(result, &size);
  const int ok = execlet_result_status(result) == EXECLET_OK;
  fwrite(output, 1, size, stdout);
  if (!ok) fprintf(stderr, "%s\n", execlet_result_json(result));
  execlet_result_free(result);
  execlet_request_free(request);
  execlet_executor_free(executor);
  execlet_runtime_close(runtime);
  return ok ? 0 : 1;
}

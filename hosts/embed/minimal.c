/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest host in C: one program run by the backend `local`, its output, and why it ended.
 */
#include <execlet/execlet.h>
#include <stdio.h>

static int complain(execlet_error *error) {
  fprintf(stderr, "%s: %s\n", execlet_error_reason(error), execlet_error_message(error));
  execlet_error_free(error);
  return 1;
}

int main(void) {
  execlet_error *error = NULL;
  execlet_runtime *runtime = NULL;
  execlet_executor *executor = NULL;
  if (execlet_runtime_open(NULL, &runtime, &error) != EXECLET_OK) {
    return complain(error);
  }
  if (execlet_runtime_executor_from_json(runtime, "here", "{\"backend\": \"local\"}", &executor, &error) !=
      EXECLET_OK) {
    execlet_runtime_close(runtime);
    return complain(error);
  }

  static const char code[] = "print('Hello from', 6 * 7)";
  execlet_request *request = execlet_request_new();
  execlet_request_set_code(request, code, sizeof code - 1);
  execlet_request_set_language(request, "python");
  execlet_request_set_timeout(request, 10);
  execlet_result *result = execlet_executor_execute(executor, request, NULL, NULL);

  size_t size = 0;
  const char *output = execlet_result_output(result, &size);
  fwrite(output, 1, size, stdout);
  const int exit_code = execlet_result_cli_exit_code(result);
  if (execlet_result_status(result) != EXECLET_OK) {
    fprintf(stderr, "%s: %s\n", execlet_status_name(execlet_result_status(result)),
            execlet_result_failure_message(result));
  }

  execlet_result_free(result);
  execlet_request_free(request);
  execlet_executor_free(executor);
  execlet_runtime_close(runtime);
  return exit_code;
}

// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

#include "../runtime/result_json.h"

namespace execlet::core {
namespace {

// Its text is made now: results are read on any thread, and this one is everybody's.
RunResult *constant(Failure failure) {
  auto *made = new RunResult;
  set_failure(*made, std::move(failure));
  made->json = result_json(*made);
  return made;
}

}  // namespace

Failure null_argument(std::string_view name) {
  return {EXECLET_INVALID_REQUEST, "argument.null", std::string(name) + " is NULL"};
}

Failure forked_failure() {
  return {EXECLET_UNAVAILABLE, "runtime.forked",
          "this handle was made before the process forked; open a new runtime in the child"};
}

RunResult &result_without_memory() {
  static RunResult &result = *constant({EXECLET_INTERNAL_ERROR, "memory.exhausted", "out of memory"});
  return result;
}

const RunResult &result_of_nothing() {
  static const RunResult &result = *constant(null_argument("the result or execution"));
  return result;
}

const RunResult &result_after_fork() {
  static const RunResult &result = *constant(forked_failure());
  return result;
}

}  // namespace execlet::core

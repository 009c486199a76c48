// SPDX-License-Identifier: Apache-2.0
//
// The end of an instance, whatever its host and its programs have done meanwhile.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <execlet/execlet.hpp>
#include <optional>
#include <string>

#include "catch.h"

namespace execlet::test {
namespace {

using Clock = std::chrono::steady_clock;

Executor executor_of(const Runtime &runtime, const std::string &containment) {
  return runtime.executor_from_json("place",
                                    R"({"backend": "local", "options": {"containment": ")" + containment + R"("}})");
}

Result run(const Executor &executor, const std::string &code) {
  Request request;
  request.language = "sh";
  request.code = code;
  return executor.execute_code(request);
}

}  // namespace

TEST_CASE("an instance ends at once although a forked child of the host holds all its descriptors") {
  for (const char *containment : {"namespace", "subreaper"}) {
    INFO(containment);
    std::optional<Runtime> runtime(Runtime::from_json("{}"));
    CHECK(run(executor_of(*runtime, containment), "echo here").output == "here\n");
    const pid_t child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    REQUIRE(child > 0);
    const auto begin = Clock::now();
    runtime.reset();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    CHECK(seconds < 1.5);  // a runner that does not learn of its end is waited for longer
  }
}

}  // namespace execlet::test

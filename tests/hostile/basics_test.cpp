// SPDX-License-Identifier: Apache-2.0
//
// What every run must give: output, exit codes, causes of failure, and nothing left behind.
#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;
using execlet::runner::Ending;

TEST_CASE("a program's output and exit code arrive") {
  RunnerDriver runner;
  REQUIRE(runner.ready());
  CHECK(runner.mode() == Containment::kNamespace);
  const RunOutcome outcome = runner.run(shell("echo out; echo err >&2; exit 3"));
  CHECK(outcome.started);
  CHECK(outcome.how == Ending::kExited);
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.out == "out\n");
  CHECK(outcome.err == "err\n");
  CHECK(runner.close());
}

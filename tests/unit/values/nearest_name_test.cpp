// SPDX-License-Identifier: Apache-2.0
#include "values/nearest_name.h"

#include "catch.h"

using execlet::core::nearest_name;

TEST_CASE("a slip of the pen finds the name that was meant") {
  const std::vector<std::string> names = {"work_dir", "timeout", "executors", "env_vars"};
  CHECK(nearest_name("timeot", names) == "timeout");
  CHECK(nearest_name("tiemout", names) == "timeout");
  CHECK(nearest_name("Timeout", names) == "timeout");
  CHECK(nearest_name("workdir", names) == "work_dir");
  CHECK(nearest_name("env_var", names) == "env_vars");
}

TEST_CASE("nothing is suggested when no name is near") {
  CHECK(nearest_name("image", {"work_dir", "timeout"}).empty());
  CHECK(nearest_name("", {"a", "b"}).empty());
  CHECK(nearest_name("x", {"y"}).empty());
  CHECK(nearest_name(std::string(100000, 'a'), {std::string(100000, 'b')}).empty());
}

TEST_CASE("of several near names the nearest is taken") {
  CHECK(nearest_name("timeouts", {"time_out", "timeout"}) == "timeout");
}

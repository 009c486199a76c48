// SPDX-License-Identifier: Apache-2.0
//
// What each option of `local` does, seen through the whole library.
#include <unistd.h>

#include <string>

#include "catch.h"
#include "place.h"
#include "temp_dir.h"

namespace execlet::test {
namespace {

// What is said about options that are refused.
std::string refusal(const std::string &options) {
  try {
    const Place place(options);
    return place.run("sh", "exit 0").failure.message;
  } catch (const Error &error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("the way of holding a run together can be chosen, and each one leaves nothing alive") {
  const std::string stay = "sleep 61." + std::to_string(getpid());  // nobody else's
  for (const char *kind : {"auto", "namespace", "cgroup", "subreaper"}) {
    INFO(kind);
    const Place place(std::string(R"({"containment": ")") + kind + R"("})");
    const Result result = place.run("sh", "setsid sh -c '" + stay + " & " + stay + "' & echo begun; exit 3");
    INFO(result.failure.message);
    CHECK(result.status == Status::kFailed);
    CHECK(result.exit_code == 3);
    CHECK(result.output == "begun\n");
    // pgrep sees the processes of all namespaces below this one.
    CHECK(place.run("sh", "echo second").output == "second\n");
    CHECK(std::system(("! pgrep -f '^" + stay + "$' >/dev/null").c_str()) == 0);
  }
}

TEST_CASE("a virtualenv's programs come first for every language") {
  const TempDir dir;
  dir.write("venv/pyvenv.cfg", "home = /usr/bin\n");
  const auto python = dir.write("venv/bin/python", "#!/bin/sh\necho from the venv\n");
  std::filesystem::permissions(python, std::filesystem::perms::owner_all);
  const Place place(R"({"executors": {"python": {"executable": ")" + python.string() + R"("}, "sh": {}}})");
  CHECK(place.run("python", "print(1)").output == "from the venv\n");
  CHECK(place.run("sh", "python; echo \"$VIRTUAL_ENV\"").output ==
        "from the venv\n" + (dir.path() / "venv").string() + "\n");
}

TEST_CASE("a program that is built ends with its own exit code and keeps its arguments") {
  const Place place(R"({"executors": ["c"]})");
  Request request;
  request.language = "c";
  request.code = "#include <stdio.h>\nint main(int c, char **v) { puts(v[c - 1]); return 7; }\n";
  request.args = {"-o", "it's $(x)"};
  const Result result = place.executor.execute_code(request);
  CHECK(result.output == "it's $(x)\n");
  CHECK(result.exit_code == 7);
  CHECK(place.run("c", "int main( {").status == Status::kFailed);
}

TEST_CASE("a language that is not allowed is answered with those that are") {
  const Place place(R"({"executors": ["sh", "bash"]})");
  const Result result = place.run("perl", "1");
  CHECK(result.status == Status::kLanguageNotSupported);
  CHECK(result.failure.message.find("sh") != std::string::npos);
  CHECK(result.failure.message.find("bash") != std::string::npos);
}

TEST_CASE("variables are set by value or passed by name, and impossible ones are refused with their place") {
  setenv("EXECLET_TEST_PASSED", "from the host", 1);
  setenv("EXECLET_TEST_SECRET", "stays", 1);
  const Place place(R"({"env_vars": {"GIVEN": "a=b c"}, "pass_env": ["EXECLET_TEST_PASSED", "EXECLET_TEST_ABSENT"]})");
  CHECK(place.run("sh", "echo \"$GIVEN|$EXECLET_TEST_PASSED|$EXECLET_TEST_SECRET|${EXECLET_TEST_ABSENT-unset}\"")
            .output == "a=b c|from the host||unset\n");
  CHECK(refusal(R"({"env_vars": {"A=B": "x"}})").find("/env_vars/A=B") != std::string::npos);
  CHECK(refusal(R"({"env_vars": {"": "x"}})").find("/env_vars/") != std::string::npos);
  CHECK(refusal(R"({"executors": {"sh": {}, "fortran": {}}})").find("/executors/fortran") != std::string::npos);
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// Where code lies while it runs: tracebacks name a sensible file, imports work, nothing is littered or overwritten.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "catch.h"
#include "ordinary_user.h"
#include "place.h"
#include "temp_dir.h"

namespace execlet::test {
namespace {
namespace fs = std::filesystem;

std::string work_dir(const fs::path &path) {
  return R"({"work_dir": ")" + path.string() + "\"}";
}

// The file that a Python traceback names.
std::string named_file(const std::string &traceback) {
  const std::size_t begin = traceback.find("File \"");
  return begin == std::string::npos ? "" : traceback.substr(begin + 6, traceback.find('"', begin + 6) - begin - 6);
}

std::size_t entries(const fs::path &directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

const char *const kProgramInC = "#include <stdio.h>\nint main(void) { puts(\"ran\"); puts(__FILE__); return 0; }\n";

}  // namespace

TEST_CASE("in a directory of its own a traceback names the same sensible file every time") {
  const Place place;
  std::set<std::string> names;
  for (int i = 0; i < 3; ++i) {
    const Result result = place.run("python", "def f():\n  raise ValueError('oops')\nf()");
    CHECK(result.exit_code == 1);
    CHECK(has(result.error, "ValueError: oops"));
    CHECK(has(result.error, "line 2, in f"));
    names.insert(fs::path(named_file(result.error)).filename().string());
  }
  CHECK(names == std::set<std::string>{".execlet-main.py"});
  CHECK(has(place.run("c", kProgramInC).output, "/main.c"));
}

TEST_CASE("in a shared directory each of many runs has a file of its own, and all are gone afterwards") {
  const TempDir dir;
  const Place place(work_dir(dir.path()));
  std::vector<Execution> executions;
  for (int i = 0; i < 12; ++i) {
    Request request;
    request.language = "python";
    request.code = "import time\ntime.sleep(0.3)\nraise ValueError(" + std::to_string(i) + ")";
    executions.push_back(place.executor.submit(request));
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < executions.size(); ++i) {
    const Result result = executions[i].result();
    CAPTURE(result.error, result.failure.message);
    CHECK(has(result.error, "ValueError: " + std::to_string(i) + "\n"));
    const fs::path file = named_file(result.error);
    CHECK(file.parent_path() == dir.path());
    names.insert(file.filename().string());
  }
  CHECK(names.size() == executions.size());
  CHECK(entries(dir.path()) == 0);
}

TEST_CASE("modules of the working directory can be imported, and compiled languages find their headers by name") {
  const TempDir dir;
  dir.write("helper.py", "value = 42\n");
  dir.write("pkg/__init__.py", "");
  dir.write("pkg/inner.py", "value = 43\n");
  const Place place(work_dir(dir.path()));
  const Result result = place.run("python", "import helper, pkg.inner\nprint(helper.value, pkg.inner.value)");
  CAPTURE(result.error);
  CHECK(result.output == "42 43\n");
}

TEST_CASE("compiled code leaves nothing in a shared directory, with many at once") {
  const TempDir dir;
  const Place place(work_dir(dir.path()));
  std::vector<Execution> executions;
  for (int i = 0; i < 4; ++i) {
    Request request;
    request.language = "c";
    request.code = kProgramInC;
    executions.push_back(place.executor.submit(request));
  }
  for (const Execution &execution : executions) {
    const Result result = execution.result();
    CAPTURE(result.error, result.failure.message);
    CHECK(result.output.rfind("ran\n", 0) == 0);
    CHECK(has(result.output, "/main.c"));
  }
  CHECK(place.run("c", "int main( {").status == Status::kFailed);
  CHECK(entries(dir.path()) == 0);
}

TEST_CASE("a run that is killed leaves no code behind in a shared directory") {
  const TempDir dir;
  const Place place(work_dir(dir.path()));
  Request request;
  request.timeout = Seconds(0.3);
  request.kill_grace = Seconds(0);
  for (const char *language : {"python", "sh"})
    CHECK(place.run(language, std::string(language) == "sh" ? "sleep 20" : "import time; time.sleep(20)", request)
              .status == Status::kTimedOut);
  CHECK(entries(dir.path()) == 0);
}

TEST_CASE("where the working directory cannot be written to, code lies elsewhere, runs there, and the result says so") {
  const TempDir dir;
  dir.write("data.txt", "kept\n");
  dir.write("helper.py", "value = 42\n");
  REQUIRE(chmod(dir.path().c_str(), 0555) == 0);
  for (const fs::path &parent : {dir.path().parent_path()}) REQUIRE(access(parent.c_str(), X_OK) == 0);
  // Permissions do not hold root back, so somebody else runs it.
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!become_ordinary_user()) _exit(10);
    const Place place(work_dir(dir.path()));
    const Result python = place.run("python", "import os\nprint(os.getcwd(), open('data.txt').read())");
    if (!has(python.output, dir.path().string()) || !has(python.output, "kept")) _exit(11);
    const auto moved = [](const Result &result) {
      return std::any_of(result.notices.begin(), result.notices.end(), [](const Notice &notice) {
        return notice.code == "staging.moved" && has(notice.text, "not writable");
      });
    };
    if (!moved(python)) _exit(12);
    const Result c = place.run("c", kProgramInC);
    _exit(!has(c.output, "ran\n") ? 13 : moved(c) ? 0 : 14);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  chmod(dir.path().c_str(), 0755);
  CHECK(entries(dir.path()) == 2);
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <filesystem>

#include "catch.h"
#include "place.h"
#include "temp_dir.h"

namespace execlet::test {
namespace fs = std::filesystem;

TEST_CASE("a program of several files runs by its entry point") {
  const Place place;
  Request request;
  request.language = "python";
  request.files = {{"main.py", "import part.greeting\nprint(part.greeting.text)"},
                   {"part/greeting.py", "text = 'hello'"},
                   {"part/__init__.py", ""}};
  request.entry_point = "main.py";
  request.args = {"a b", "--flag"};
  const Result result = place.executor.execute_code(request);
  CAPTURE(result.error, result.failure.message);
  CHECK(result.output == "hello\n");
}

TEST_CASE("a working directory is made with its parents, keeps its files, and is not littered") {
  const TempDir dir;
  const fs::path work = dir.path() / "deep/er";
  const Place place(R"({"work_dir": ")" + work.string() + R"("})");
  CHECK(place.run("sh", "pwd; echo kept > kept.txt").output == work.string() + "\n");
  CHECK(place.run("python", "import os; print(sorted(f for f in os.listdir('.') if f[0] != '.'))").output ==
        "['kept.txt']\n");
  CHECK(read_whole_file(work / "kept.txt") == "kept\n");
  std::size_t left = 0;
  for (const auto &entry : fs::directory_iterator(work)) left += entry.path().filename() != "kept.txt" ? 1 : 0;
  CHECK(left == 0);
}

TEST_CASE("a file of the user that has the snippet's name survives") {
  const TempDir dir;
  dir.write("main.py", "print('mine')");
  dir.write(".execlet-main.py", "mine too");
  const Place place(R"({"work_dir": ")" + dir.path().string() + R"("})");
  CHECK(place.run("python", "print('snippet')").output == "snippet\n");
  CHECK(read_whole_file(dir.path() / "main.py") == "print('mine')");
  CHECK(read_whole_file(dir.path() / ".execlet-main.py") == "mine too");
}

TEST_CASE("artifacts are regular files that the run made, and links and pipes are not followed") {
  const TempDir secret;
  secret.write("secret.txt", "secret");
  const Place place;
  Request request;
  request.collect = {"**/*.txt"};
  const Result result =
      place.run("sh",
                "mkdir sub; printf made > sub/made.txt; ln -s " + secret.path().string() +
                    "/secret.txt link.txt; mkfifo pipe.txt; ln -s " + secret.path().string() + " linked",
                request);
  REQUIRE(result.status == Status::kOk);
  REQUIRE(result.artifacts.size() == 1);
  CHECK(result.artifacts[0].name == "sub/made.txt");
  CHECK(result.artifacts[0].data == "made");
}

TEST_CASE("a file that would lie outside of the working directory is refused before anything starts") {
  const Place place;
  for (const char *path : {"../out.txt", "/etc/out.txt", "a/../../out.txt", ""}) {
    Request request;
    request.files = {{path, "x"}};
    const Result result = place.run("sh", "echo ran", request);
    CHECK(result.status == Status::kInvalidRequest);
    CHECK(result.output.empty());
  }
}

TEST_CASE("a link inside the working directory does not lead a file out of it") {
  const TempDir dir, outside;
  fs::create_directory_symlink(outside.path(), dir.path() / "door");
  const Place place(R"({"work_dir": ")" + dir.path().string() + R"("})");
  Request request;
  request.files = {{"door/planted.txt", "x"}};
  const Result result = place.run("sh", "echo ran", request);
  CHECK_FALSE(result.ok());
  CHECK(result.output.empty());
  CHECK(fs::is_empty(outside.path()));
}

}  // namespace execlet::test

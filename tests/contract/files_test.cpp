// SPDX-License-Identifier: Apache-2.0
//
// Files: they go where they were meant to, come back if asked for, and nothing else is touched. A backend that takes no
// files says so.
#include <sys/stat.h>

#include <filesystem>

#include "catch.h"
#include "processes.h"
#include "subject.h"
#include "temp_dir.h"

namespace execlet::test {
namespace fs = std::filesystem;
namespace {

std::string work_dir(const fs::path &path) {
  return R"({"work_dir": ")" + path.string() + "\"}";
}

// Shows that a backend without files refuses them; true if this is one.
bool refuses_files() {
  if (Claims().flag("files")) return false;
  const Place place;
  Request request;
  request.files = {{"a.txt", "x"}};
  CHECK(place.sh("echo ran", request).failure.reason == "files.unsupported");
  request.files.clear();
  request.collect = {"*.txt"};
  CHECK(place.sh("echo ran", request).failure.reason == "files.unsupported");
  return true;
}

// Shows that a backend without a working directory of the user's refuses the option; true if this is one.
bool refuses_work_dir() {
  if (Claims().option("work_dir")) return false;
  CHECK_THROWS_AS(Place(work_dir("/tmp")), InvalidRequestError);
  return true;
}

}  // namespace

TEST_CASE("a program of several files runs by its entry point") {
  if (refuses_files()) return;
  const Place place;
  Request request;
  request.language = "sh";
  request.files = {{"main.sh", ". part/greeting.sh; echo \"$1 $greeting\""}, {"part/greeting.sh", "greeting=hello"}};
  request.entry_point = "main.sh";
  request.args = {"a b"};
  const Result result = place.executor.execute_code(request);
  CAPTURE(result.error, result.failure.message);
  CHECK(result.output == "a b hello\n");
}

TEST_CASE("a working directory is made with its parents, keeps its files, and is not littered") {
  if (refuses_work_dir()) return;
  const TempDir dir;
  const fs::path work = dir.path() / "deep/er";
  const Place place(work_dir(work));
  CHECK(place.sh("pwd; echo kept > kept.txt").output == work.string() + "\n");
  CHECK(place.sh("ls; sleep 0").output == "kept.txt\n");
  CHECK(place.sh("sleep 20", with_times(0.2, 0)).status == Status::kTimedOut);
  CHECK(read_whole_file(work / "kept.txt") == "kept\n");
  CHECK(std::distance(fs::directory_iterator(work), fs::directory_iterator()) == 1);
}

TEST_CASE("a file of the user that has the snippet's name survives") {
  if (refuses_work_dir()) return;
  const TempDir dir;
  dir.write("main.sh", "mine");
  dir.write(".execlet-main.sh", "mine too");
  dir.write(".execlet/main.sh", "and mine");
  const Place place(work_dir(dir.path()));
  CHECK(place.sh("echo snippet").output == "snippet\n");
  CHECK(read_whole_file(dir.path() / "main.sh") == "mine");
  CHECK(read_whole_file(dir.path() / ".execlet-main.sh") == "mine too");
  CHECK(read_whole_file(dir.path() / ".execlet/main.sh") == "and mine");
}

TEST_CASE("artifacts are regular files that the run made, and links and pipes are not followed") {
  if (refuses_files()) return;
  const TempDir secret;
  secret.write("secret.txt", "secret");
  const Place place;
  Request request = with_times(20, 0.1);
  request.collect = {"**/*.txt"};
  const Result result = place.sh("mkdir sub; printf made > sub/made.txt; ln -s " + secret.path().string() +
                                     "/secret.txt link.txt; mkfifo pipe.txt; ln -s " + secret.path().string() +
                                     " linked; ln sub/made.txt hard.txt; mkdir sub/dir.txt; printf own > own.txt",
                                 request);
  REQUIRE(result.status == Status::kOk);
  REQUIRE(result.artifacts.size() == 1);
  CHECK(result.artifacts[0].name == "own.txt");
  CHECK(result.artifacts[0].data == "own");
  CHECK(result.artifacts[0].size == 3);
}

TEST_CASE("a directory takes artifacts of any size, memory takes 64 MiB and says what it left out") {
  if (refuses_files()) return;
  constexpr std::uint64_t kSize = (64u << 20) + 1;
  const TempDir directory;
  const Place place;
  const std::string script = "head -c " + std::to_string(kSize) + " /dev/zero > big.bin; echo small > small.txt";
  Request request = with_times(20, 0.1);
  request.collect = {"*"};
  const Result kept = place.sh(script, request);
  REQUIRE(kept.artifacts.size() == 1);
  CHECK(kept.artifacts[0].name == "small.txt");
  REQUIRE(kept.notices.size() == 1);
  CHECK(kept.notices[0].code == "artifact.too-large");
  CHECK_THAT(kept.notices[0].text, Catch::Contains("big.bin") && Catch::Contains("directory for artifacts"));

  request.artifacts_dir = directory.path() / "new";
  const Result written = place.sh(script, request);
  CHECK(written.notices.empty());
  REQUIRE(written.artifacts.size() == 2);
  CHECK(written.artifacts[0].size == kSize);
  CHECK(fs::file_size(directory.path() / "new/big.bin") == kSize);
}

TEST_CASE("artifacts of a run that failed or timed out are handed over as well, and only its own") {
  if (refuses_files()) return;
  const Place place;
  Request request = with_times(20, 0.1);
  request.files = {{"given.txt", "given"}};
  request.collect = {"*.txt"};
  const Result failed = place.sh("echo partial > part.txt; exit 3", request);
  CHECK(failed.status == Status::kFailed);
  REQUIRE(failed.artifacts.size() == 1);
  CHECK(failed.artifacts[0].name == "part.txt");
  request.files.clear();
  request.timeout = Seconds(0.4);
  const Result late = place.sh("echo partial > late.txt; sleep 20", request);
  CHECK(late.status == Status::kTimedOut);
  REQUIRE(late.artifacts.size() == 1);
  CHECK(late.artifacts[0].data == "partial\n");
}

TEST_CASE("an artifact that is too large or sparse is told about and not read") {
  if (refuses_files()) return;
  const Place place;
  Request request = with_times(20, 0.1);
  request.collect = {"*"};
  const Result result = place.sh("truncate -s 1T sparse; echo small > small", request);
  CHECK(result.status == Status::kOk);
  REQUIRE(result.artifacts.size() == 1);
  CHECK(result.artifacts[0].name == "small");
  bool told = false;
  for (const Notice &notice : result.notices) told = told || has(notice.text, "sparse");
  CHECK(told);
}

TEST_CASE("a file that would lie outside of the working directory is refused before anything starts") {
  const Place place;
  for (const char *path : {"../out.txt", "/etc/out.txt", "a/../../out.txt", ""}) {
    Request request;
    request.files = {{path, "x"}};
    const Result result = place.sh("echo ran", request);
    CAPTURE(path);
    CHECK(result.status == Status::kInvalidRequest);
    CHECK(has(result.failure.message, "/files/"));
    CHECK(result.output.empty());
  }
}

TEST_CASE("a link inside the working directory does not lead a file out of it") {
  if (refuses_work_dir()) return;
  const TempDir dir, outside;
  fs::create_directory_symlink(outside.path(), dir.path() / "door");
  const Place place(work_dir(dir.path()));
  Request request;
  request.files = {{"door/planted.txt", "x"}};
  const Result result = place.sh("echo ran", request);
  CHECK_FALSE(result.ok());
  CHECK(result.output.empty());
  CHECK(fs::is_empty(outside.path()));
}

TEST_CASE("whatever a program leaves in its own directory does not stop the next run or stay behind") {
  const Place place;
  const Result mess = place.sh(
      "mkdir closed; : > closed/f; chmod 0 closed; : > \"$(printf 'a\\nb')\"; : > \"$(printf '\\377')\"; mkfifo pipe;"
      "ln -s / root; i=0; while [ $i -lt 300 ]; do mkdir d && cd d || exit 1; i=$((i + 1)); done");
  CAPTURE(mess.error, mess.failure.message);
  CHECK(mess.status == Status::kOk);
  CHECK(place.sh("ls -A | grep -vc '^[.]execlet'").output == "0\n");
}

}  // namespace execlet::test

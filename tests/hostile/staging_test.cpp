// SPDX-License-Identifier: Apache-2.0
//
// The file that holds a run's code serves the next run of the instance too; whatever a program does with it, the next
// one finds its own code there, and nobody else sees or touches that.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "catch.h"
#include "runner_driver.h"

using namespace execlet::test;

namespace {

constexpr const char *kName = ".execlet-main.sh";

StartSpec snippet(const std::string &code) {
  StartSpec spec;
  spec.arguments = {"/bin/sh", "{snippet}"};
  spec.snippet_name = "main.sh";
  spec.snippet = code;
  return spec;
}

// As this process reaches what the runner sees there.
std::string seen_from_here(const RunnerDriver &runner) {
  return "/proc/" + std::to_string(runner.pid()) + "/root" + runner.work_path() + '/' + kName;
}

std::string content(int file) {
  char text[256];
  const ssize_t size = pread(file, text, sizeof text, 0);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

}  // namespace

TEST_CASE("code is written over longer code of the run before, and nothing of that stays") {
  RunnerDriver runner;
  CHECK(runner.run(snippet("echo first; exit 0\n# " + std::string(5000, 'l'))).out == "first\n");
  if (GENERATE(false, true)) CHECK(runner.reset().reason.empty());
  CHECK(runner.run(snippet("cat $0")).out == "cat $0");
  CHECK(runner.run(snippet("wc -c < $0; # " + std::string(5000, 'l'))).out == "5014\n");
}

TEST_CASE("code of the run before is not there for a run without code, or with code of another name") {
  RunnerDriver runner;
  CHECK(runner.run(snippet("echo first")).out == "first\n");
  StartSpec other = shell("ls -A");
  if (GENERATE(false, true)) {
    other = snippet("ls -A");
    other.snippet_name = "main.txt";
    CHECK(runner.run(other).out == ".execlet-main.txt\n");
  } else {
    CHECK(runner.run(other).out.empty());
  }
}

TEST_CASE("code of the run before cannot be read back") {
  RunnerDriver runner;
  CHECK(runner.run(snippet("echo first")).out == "first\n");
  if (GENERATE(false, true)) CHECK(runner.reset().reason.empty());
  CHECK(runner.get(kName).reason == "files.unreadable");
}

TEST_CASE("what a program makes of the file of its code is not what the next code is written to") {
  RunnerDriver runner;
  const char *const attack =
      GENERATE("ln $0 kept", "mv $0 kept", "ln $0 kept; ln -sf kept $0", "chmod 0777 $0", "rm $0; mkdir $0; touch $0/x",
               "rm $0; mkfifo $0", "python3 -c 'import os, sys; os.setxattr(sys.argv[1], \"user.a\", b\"b\")' $0");
  const std::string code = std::string(attack) + "; exit 0";
  CAPTURE(attack);
  CHECK(runner.run(snippet(code)).exit_code == 0);
  const RunOutcome outcome = runner.run(
      snippet("cat kept 2>&-; stat -c '%a %h' $0; python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' $0"));
  CHECK(outcome.out.find("700 1\n") != std::string::npos);
  CHECK(outcome.out.find("\n[]\n") != std::string::npos);
  CHECK((outcome.out.find(code) == 0) == (std::string(attack).find("kept") != std::string::npos));
}

TEST_CASE("whoever holds the file of a program's code open does not see the next one's, and cannot change it") {
  RunnerDriver runner;
  CHECK(runner.run(snippet("echo first")).out == "first\n");
  const int flags = GENERATE(O_RDONLY, O_RDWR);
  const int held = open(seen_from_here(runner).c_str(), flags | O_CLOEXEC);
  REQUIRE(held >= 0);
  CHECK(content(held) == "echo first");
  CHECK(runner.run(snippet("echo other")).out == "other\n");
  CHECK(content(held) == "echo first");
  struct stat status {};
  CHECK(fstat(held, &status) == 0);
  CHECK(status.st_nlink == 0);
  close(held);
}

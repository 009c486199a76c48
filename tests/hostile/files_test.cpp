// SPDX-License-Identifier: Apache-2.0
//
// Files: uploads stay inside, artifacts are regular files of this run, nothing of the user's is deleted, all of ours
// is.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "runner_driver.h"
#include "temp_dir.h"

using namespace execlet::test;
using execlet::runner::Ending;

namespace {

// A directory of the "user", with a file in it.
struct UserDirectory {
  UserDirectory() { directory.write("mine.txt", "precious"); }
  std::string read(const std::string &name) const {
    std::stringstream text;
    text << std::ifstream(path + "/" + name).rdbuf();
    return text.str();
  }
  TempDir directory;
  std::string path = directory.path().string();
};

RunOutcome collect(RunnerDriver &runner, const std::string &script, std::vector<std::string> globs) {
  StartSpec spec = shell(script);
  spec.collect = std::move(globs);
  return runner.run(spec);
}

}  // namespace

TEST_CASE("uploads make parents, keep their mode, and may be read back") {
  RunnerDriver runner;
  runner.put("a/b/c.txt", "hello", 0640);
  runner.put("run.sh", "#!/bin/sh\necho ran\n", 0755);
  runner.put("empty", "");
  runner.put("big", std::string(700'000, 'x'));
  const RunOutcome outcome =
      runner.run(shell("cat a/b/c.txt; stat -c %a a/b/c.txt; ./run.sh; wc -c < empty; wc -c < big"));
  CHECK(outcome.out == "hello640\nran\n0\n700000\n");
}

TEST_CASE("an upload that leads outside fails the next start, by name") {
  RunnerDriver runner;
  REQUIRE(runner.run(shell("ln -s / root; ln -s ../.. up; mkfifo pipe; ln -s b a; ln -s a b; mkdir dir")).exit_code ==
          0);
  for (const char *path : {"../x", "/etc/x", "a//b", "./x", "root/tmp/x", "up/x", "pipe", "a", "dir", "dir/../x", ""}) {
    INFO("path " << path);
    runner.put(path, "x");
    const RunOutcome outcome = runner.run(shell("true"));
    CHECK_FALSE(outcome.started);
    CHECK(outcome.failure.reason.substr(0, 6) == "files.");
    CHECK(runner.run(shell("true")).exit_code == 0);
  }
}

TEST_CASE("artifacts are the regular files that this run wrote and that match") {
  RunnerDriver runner;
  runner.put("input.txt", "given");
  RunOutcome outcome =
      collect(runner,
              "echo a > a.txt; mkdir -p out/deep; echo b > out/b.txt; echo c > out/deep/c.txt; echo d > d.bin;"
              "echo h > .hidden.txt",
              {"*.txt", "out/**"});
  CHECK(outcome.files ==
        std::map<std::string, std::string>{{"a.txt", "a\n"}, {"out/b.txt", "b\n"}, {"out/deep/c.txt", "c\n"}});
  // None of them is one of the next run's, unless it is written again.
  outcome = collect(runner, "echo more >> a.txt; touch out/b.txt", {"**"});
  CHECK(outcome.files == std::map<std::string, std::string>{{"a.txt", "a\nmore\n"}, {"out/b.txt", "b\n"}});
  CHECK(collect(runner, "true", {"**"}).files.empty());
}

TEST_CASE("a run right after another takes only its own artifacts") {
  RunnerDriver runner;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "file" + std::to_string(i);
    const RunOutcome outcome = collect(runner, ": > " + name, {"*"});
    CHECK(outcome.files.size() == 1);
    CHECK(outcome.files.count(name) == 1);
  }
}

TEST_CASE("an artifact that is no plain file is not followed and does not block") {
  RunnerDriver runner;
  const RunOutcome outcome =
      collect(runner,
              "ln -s /etc/passwd link.txt; mkfifo pipe.txt; ln -s /etc dir; mkdir real; echo x > real/x.txt;"
              "ln -s real alias; ln real/x.txt hard.txt; echo ok > ok.txt",
              {"*.txt", "dir/*", "alias/*"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.files == std::map<std::string, std::string>{{"ok.txt", "ok\n"}});
  CHECK(outcome.notices.count("artifact.not-a-file") == 1);
  CHECK(outcome.notices.count("artifact.hard-link") == 1);
}

TEST_CASE("a directory that another run turns into a link while artifacts are taken is not followed") {
  UserDirectory user;
  TempDir elsewhere;
  elsewhere.write("file", "secret");
  RunnerOptions options;
  options.work_dir = user.path;
  RunnerDriver runner(options), swapper(options);
  swapper.start(shell("mkdir real; echo mine > real/file; ln -s '" + elsewhere.path().string() +
                      "' link; cp -r real dir; echo begun\n"
                      "exec python3 -S -c 'import ctypes\n"
                      "libc = ctypes.CDLL(None)\n"
                      "while True: libc.renameat2(-100, b\"dir\", -100, b\"link\", 2)'"));
  swapper.read_until([](const RunOutcome &outcome) { return !outcome.out.empty(); });
  for (int i = 0; i < 100; ++i)
    for (const auto &[name, data] : collect(runner, "echo mine > real/file", {"*/file", "dir/**"}).files)
      if (data != "mine\n") FAIL(name << " came from elsewhere: " << data);
  swapper.signal(execlet::runner::SignalKind::kKill);
  CHECK(swapper.finish().how == Ending::kCancelled);
}

TEST_CASE("an artifact that changes its size while it is taken has the size that was told, or is said to be cut") {
  UserDirectory user;
  RunnerOptions options;
  options.work_dir = user.path;
  RunnerDriver runner(options);
  StartSpec spec = shell("head -c 3000000 /dev/zero > large");
  spec.collect = {"large"};
  spec.collect_max_file = 10'000'000;
  runner.withhold_credit();
  runner.start(spec);
  runner.read_until([](const RunOutcome &outcome) { return !outcome.files.empty(); });
  const bool grows = GENERATE(true, false);
  REQUIRE(truncate((user.path + "/large").c_str(), grows ? 9'000'000 : 2'000'000) == 0);
  runner.give_credit(execlet::runner::kArtifactStream, execlet::runner::kInitialCredit);
  runner.resume_credit();
  const RunOutcome outcome = runner.finish();
  CHECK(outcome.files.at("large").size() == (grows ? 3'000'000 : 2'000'000));
  CHECK(outcome.notices.count("artifact.cut") == (grows ? 0 : 1));
}

TEST_CASE("more files than anybody wants to look at end the search, not the run") {
  RunnerDriver runner;
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os\n"
                    "open('first', 'w').close()\n"
                    "for d in range(210):\n"
                    "  os.mkdir(str(d))\n"
                    "  for i in range(1000): os.link('first', '%d/%d' % (d, i))\n"
                    "os.unlink('first'); open('last', 'w').close()\n"};
  spec.timeout_ms = 60'000;
  spec.collect = {"**/none", "last"};
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.files.count("last") == 1);
  CHECK(outcome.notices.count("artifacts.scan-cut") == 1);
  CHECK(runner.reset().reason.empty());
  CHECK(runner.run(shell("ls -A")).out.empty());
}

TEST_CASE("artifacts are bounded in size and number, and told about") {
  RunnerDriver runner;
  RunOutcome outcome = collect(runner, "truncate -s 1T sparse; echo small > small", {"*"});
  CHECK(outcome.files.size() == 1);
  CHECK(outcome.notices.at("artifact.too-large").find("sparse") != std::string::npos);
  outcome = collect(runner, "for i in $(seq 150); do echo > f$i; done", {"f*"});
  CHECK(outcome.files.size() == 100);
  CHECK(outcome.notices.count("artifacts.too-many") == 1);
}

TEST_CASE("a large artifact comes in pieces, within credit") {
  RunnerDriver runner;
  StartSpec spec = shell("head -c 5000000 /dev/zero | tr '\\0' a > big");
  spec.collect = {"big"};
  spec.collect_max_file = 10'000'000;
  CHECK(runner.run(spec).files.at("big") == std::string(5'000'000, 'a'));
}

TEST_CASE("names of all kinds are collected and removed") {
  RunnerDriver runner;
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os\n"
                    "for n in [b'a\\nb', b'\\xff\\xfe', b'x' * 255, b' ', b'*']: open(n, 'w').write('1')\n"};
  spec.collect = {"*"};
  CHECK(runner.run(spec).files.size() == 5);
  CHECK(runner.reset().reason.empty());
  CHECK(runner.run(shell("ls -A")).out.empty());
}

TEST_CASE("a shared working directory loses nothing of the user's") {
  UserDirectory user;
  RunnerOptions options;
  options.work_dir = user.path;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  StartSpec spec;
  spec.arguments = {"sh", "{snippet}"};
  spec.snippet_name = "main.sh";
  spec.snippet = "cat mine.txt; echo new > new.txt; ls -A | wc -l";
  CHECK(runner.run(spec).out == "precious3\n");
  CHECK(runner.reset().reason.empty());
  CHECK(user.read("mine.txt") == "precious");
  CHECK(user.read("new.txt") == "new\n");
  runner.put("mine.txt", "replaced as asked");
  CHECK(runner.run(shell("ls -A | wc -l")).out == "2\n");
  CHECK(user.read("mine.txt") == "replaced as asked");
  CHECK(runner.close());
  CHECK(user.read("new.txt") == "new\n");
}

TEST_CASE("code is staged elsewhere when the working directory cannot be written to") {
  UserDirectory user;
  REQUIRE(chmod(user.path.c_str(), 0555) == 0);
  RunnerOptions options;
  options.work_dir = user.path;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  StartSpec spec;
  spec.arguments = {"sh", "{snippet}"};
  spec.snippet_name = "main.sh";
  spec.snippet = "pwd; echo ran";
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.out == user.path + "\nran\n");
  CHECK(outcome.notices.count("staging.moved") == 1);
}

TEST_CASE("after a reset that failed nothing starts, until one works") {
  RunnerDriver runner;
  // No program may mount: somebody else does, where the runner sees it.
  const RunOutcome made = runner.run(shell("mkdir held && printf %s \"$PWD\""));
  REQUIRE(made.exit_code == 0);
  const std::string enter = "nsenter -t " + std::to_string(runner.pid()) + " -m ";
  REQUIRE(std::system((enter + "mount -t tmpfs none '" + made.out + "/held'").c_str()) == 0);
  CHECK(runner.reset().reason == "workspace.not-emptied");
  for (int i = 0; i < 2; ++i) {
    const RunOutcome refused = runner.run(shell("echo ran"));
    CHECK_FALSE(refused.started);
    CHECK(refused.failure.reason == "workspace.not-emptied");
  }
}

TEST_CASE("whatever a program leaves in private directories goes with a reset and at the end") {
  const Containment mode = GENERATE(Containment::kNamespace, Containment::kSubreaper);
  RunnerOptions options;
  options.containment = mode;
  RunnerDriver runner(options);
  StartSpec spec;
  spec.arguments = {"python3", "-S", "-c",
                    "import os\n"
                    "os.mkdir('closed'); open('closed/f', 'w'); os.chmod('closed', 0)\n"
                    "for i in range(500): open('many%d' % i, 'w')\n"
                    "os.symlink('/', 'root'); os.mkfifo('pipe')\n"
                    "for i in range(4000):\n"
                    "  os.mkdir('d'); open('f', 'w'); os.chdir('d')\n"};
  spec.timeout_ms = 60000;
  const std::string at_the_end = GENERATE("reset", "close");
  REQUIRE(runner.run(spec).exit_code == 0);
  if (at_the_end == "reset") {
    CHECK(runner.reset().reason.empty());
    CHECK(runner.run(shell("pwd; ls -A")).out == runner.work_path() + "\n");
  }
  CHECK(runner.close());
  CHECK(access(runner.private_path().c_str(), F_OK) != 0);
}

TEST_CASE("what an ordinary user may not read is removed all the same") {
  RunnerOptions options;
  options.unprivileged = true;
  RunnerDriver runner(options);
  REQUIRE(runner.ready());
  CHECK(runner.run(shell("mkdir -p a/b c; echo x > a/b/file; chmod 0 a/b a c")).exit_code == 0);
  CHECK(runner.reset().reason.empty());
  CHECK(runner.run(shell("ls -A")).out.empty());
}

TEST_CASE("a file of the user's whose name looks like staged code is taken, or said to be left out") {
  RunnerDriver runner;
  StartSpec spec = shell("for name in .execletrc .execlet-mine plain; do echo x > $name; done");
  spec.collect = {".execlet*", "plain"};
  const RunOutcome outcome = runner.run(spec);
  CHECK(outcome.files.size() == 2);
  CHECK(outcome.files.count(".execletrc") == 1);
  CHECK(outcome.notices.at("artifact.reserved-name").find(".execlet-mine") == 0);
}

TEST_CASE("a program that removes its own working directory does not break the next run") {
  RunnerDriver runner;
  CHECK(runner.run(shell("rmdir ../work ../tmp; echo gone")).out == "gone\n");
  StartSpec spec;
  spec.arguments = {"sh", "{snippet}"};
  spec.snippet_name = "main.sh";
  spec.snippet = "pwd";
  CHECK(runner.run(spec).out == runner.work_path() + "\n");
  CHECK(runner.run(shell("mkdir .execlet-main.sh; ln -s /etc .execlet")).exit_code == 0);
  CHECK(runner.run(spec).out == runner.work_path() + "\n");
}

// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a request is said before anything starts, and where.
#include <limits>

#include "catch.h"
#include "fake_plugin.h"

using namespace execlet::core;
using namespace execlet::core::test;

namespace {

struct Refusal {
  execlet_status status;
  std::string reason;
  std::string pointer;
};

void expect_refused(FakeExecutor &fake, FakePlugin &plugin, Request request, const Refusal &expected) {
  const RunResult result = fake.execute(std::move(request));
  CAPTURE(result.failure.message);
  CHECK(result.status == expected.status);
  CHECK(result.failure.reason == expected.reason);
  CHECK(result.failure.details_json.find("{\"pointer\":\"" + expected.pointer + "\"") == 0);
  CHECK_FALSE(result.failure.started);
  CHECK(plugin.opened == 0);
}

}  // namespace

TEST_CASE("A request with a wrong form is refused with the place") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  const auto refused = [&](Request request, const std::string &reason, const std::string &pointer) {
    expect_refused(fake, plugin, std::move(request), {EXECLET_INVALID_REQUEST, reason, pointer});
  };
  refused({}, "request.no-code", "");
  Request request = code_request();
  request.entry_point = "main.py";
  refused(request, "request.several-kinds", "");
  request = {};
  request.has_blocks = true;
  refused(request, "request.no-blocks", "/blocks");
  request = code_request();
  for (const std::string wrong : {"a b", ".s", "-s", "é"}) {
    request.session = wrong;
    refused(request, "session.name", "/session");
  }
  for (const double wrong : {0.0, -1.0, 1e8, std::numeric_limits<double>::quiet_NaN()}) {
    request = code_request();
    request.timeout = wrong;
    refused(request, "value.seconds", "/timeout");
  }
  request = code_request();
  request.kill_grace = -0.1;
  refused(request, "value.seconds", "/kill_grace");
  request = code_request();
  request.deadline = 0;
  refused(request, "value.seconds", "/deadline");
  request = code_request();
  request.files = {{"a/../../b", "x"}};
  refused(request, "path.parent", "/files/a~1..~1..~1b");
  request = code_request();
  request.files = {{"a", "x"}, {"./a", "y"}};
  refused(request, "files.duplicate", "/files/.~1a");
  request = code_request("# filename: ../evil.py\n1");
  refused(request, "path.parent", "/code");
  request = code_request("# filename: a.py\n1");
  request.files = {{"a.py", "x"}};
  refused(request, "files.duplicate", "/files/a.py");
  request = {};
  request.entry_point = "/etc/passwd";
  request.language = "python";
  refused(request, "path.absolute", "/entry_point");
  request = code_request();
  request.env = {{"A=B", "x"}};
  refused(request, "env.name", "/env/A=B");
  request = code_request();
  request.args = {"fine", std::string("a\0b", 3)};
  refused(request, "args.nul", "/args/1");
  request = code_request();
  request.metadata = "{";
  refused(request, "metadata.json", "/metadata");
  request = code_request();
  request.limits = {{"memory", "lots"}};
  refused(request, "value.bytes", "/limits/memory");
  request = code_request();
  request.limits = {{"memmory", "1m"}};
  refused(request, "limits.unknown", "/limits/memmory");
  request = {};
  request.has_blocks = true;
  request.blocks = {{"python", "1"}, {"../x y", "1"}};
  refused(request, "language.name", "/blocks/1/language");
  request.blocks = {{"python", "1"}, {"python", "2"}};
  request.open_stdin = true;
  refused(request, "request.stdin-blocks", "/stdin");
}

TEST_CASE("A collect pattern that leaves the working directory is refused") {
  FakePlugin plugin;
  FakeExecutor fake(plugin);
  Request request = code_request();
  request.collect = {"*.txt", "../*"};
  const RunResult result = fake.execute(request);
  CHECK(result.status == EXECLET_INVALID_REQUEST);
  CHECK(result.failure.details_json == "{\"pointer\":\"/collect/1\"}");
}

TEST_CASE("What a backend cannot do is rejected") {
  FakePlugin plugin;
  plugin.manifest.capabilities.files = false;
  plugin.manifest.capabilities.stdin_data = false;
  FakeExecutor fake(plugin);
  const auto refused = [&](Request request, const std::string &reason, const std::string &pointer) {
    expect_refused(fake, plugin, std::move(request), {EXECLET_REJECTED, reason, pointer});
  };
  Request request = code_request();
  request.files = {{"a", "x"}};
  refused(request, "files.unsupported", "/files");
  refused(code_request("# filename: a.py\n1"), "files.unsupported", "/files");
  request = code_request();
  request.collect = {"*.txt"};
  refused(request, "files.unsupported", "/collect");
  request = code_request();
  request.stdin_data = "x";
  refused(request, "stdin.unsupported", "/stdin");
  request = code_request();
  request.network = "none";
  refused(request, "network.unsupported", "/network");
}

TEST_CASE("A limit is enforced, refused, or with best effort noted") {
  FakePlugin plugin;
  CoreSettings settings;
  settings.limits[EXECLET_ABI_LIMIT_PIDS] = 20;
  FakeExecutor fake(plugin, settings);
  Request request = code_request();
  request.limits = {{"disk", "1m"}};
  expect_refused(fake, plugin, request, {EXECLET_REJECTED, "limits.not-enforceable", "/limits/disk"});
  request.limits = {{"pids", "21"}};
  expect_refused(fake, plugin, request, {EXECLET_REJECTED, "limits.looser", "/limits"});
  request.limits = {{"disk", "1m"}};
  request.best_effort = true;
  plugin.run = [](FakeRun &run) {
    CHECK((run.request->flags & EXECLET_ABI_REQUEST_BEST_EFFORT) != 0);
    CHECK(run.request->limits->disk == 0);
    CHECK(run.request->limits->pids == 20);
    run.started();
    return run.exit(0);
  };
  const RunResult result = fake.execute(request);
  CHECK(result.status == EXECLET_OK);
  CHECK(result.limits[EXECLET_ABI_LIMIT_DISK].requested == 1u << 20);
  CHECK(result.limits[EXECLET_ABI_LIMIT_DISK].enforced == 0);
  REQUIRE(result.notices.size() == 1);
  CHECK(result.notices[0].code == "limits.not-enforced");
}

TEST_CASE("Languages are normalised, checked against the backend, and found when there is only one") {
  FakePlugin plugin;
  std::string seen;
  plugin.run = [&](FakeRun &run) {
    seen = {run.request->language.data, run.request->language.size};
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  CHECK(fake.execute(code_request("1", "Py")).status == EXECLET_OK);
  CHECK(seen == "python");
  const RunResult unsupported = fake.execute(code_request("1", "cobol"));
  CHECK(unsupported.status == EXECLET_LANGUAGE_NOT_SUPPORTED);
  CHECK(unsupported.failure.message.find("python, bash") != std::string::npos);
  CHECK(fake.execute(code_request("1", "")).failure.reason == "language.missing");
}

TEST_CASE("A missing language is the only one that the executor is for, whether its program is there or not") {
  FakePlugin plugin;
  plugin.description = R"({"languages": [{"name": "bash", "available": false}]})";
  std::string seen;
  plugin.run = [&](FakeRun &run) {
    seen = {run.request->language.data, run.request->language.size};
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  CHECK(fake.execute(code_request("1", "")).status == EXECLET_OK);
  CHECK(seen == "bash");

  // That a machine has only one of two does not make the code that one's.
  plugin.description =
      R"({"languages": [{"name": "python", "available": false}, {"name": "bash", "available": true}]})";
  FakeExecutor two(plugin);
  CHECK(two.execute(code_request("1", "")).failure.reason == "language.missing");
}

TEST_CASE("The languages of all blocks are checked before the first one runs") {
  FakePlugin plugin;
  plugin.description = R"({"languages": [{"name": "python"}, {"name": "bash"}]})";
  FakeExecutor fake(plugin);
  Request request;
  request.has_blocks = true;
  request.blocks = {{"python", "1"}, {"sql", "2", 7}};
  const RunResult unknown = fake.execute(request);
  CHECK(unknown.status == EXECLET_LANGUAGE_NOT_SUPPORTED);
  CHECK(unknown.failure.message.find("block 2 (line 7): request /blocks/1/language") == 0);
  request.blocks = {{"python", "1"}, {"json", "{}"}};  // not of a Markdown text: the caller means what it says
  CHECK(fake.execute(request).failure.reason == "language.unsupported");
  CHECK(plugin.runs == 0);
}

TEST_CASE("Blocks of a Markdown text that are no code become files or are left out") {
  FakePlugin plugin;
  std::string files;
  plugin.run = [&](FakeRun &run) {
    for (std::uint64_t i = 0; i < run.request->file_count; ++i) {
      const execlet_abi_file &file = *run.request->files[i];
      files += std::string(file.path.data, file.path.size) + "=" + std::string(file.data.data, file.data.size) + ";";
    }
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  Request request;
  request.has_blocks = true;
  request.blocks = {{"TEXT", "a", 1},
                    {"json", "// filename: d/a.json\n{}\n", 4},
                    {"csv", "# filename: b.csv", 8},
                    {"python", "1", 9}};
  const RunResult result = fake.execute(request);
  CHECK(result.status == EXECLET_OK);
  CHECK(files == "d/a.json={}\n;b.csv=;");
  CHECK(result.blocks.size() == 1);
  REQUIRE(result.notices.size() == 1);
  CHECK(result.notices[0].text == "block 1 (line 1): \"text\" is not code; it is left out");
  request.blocks.pop_back();
  CHECK(fake.execute(request).failure.reason == "request.no-blocks");
  request.blocks = {{"json", "// filename: ../a.json\n{}\n", 4}, {"python", "1", 9}};
  CHECK(fake.execute(request).failure.reason == "path.parent");

  plugin.manifest.capabilities.languages = {"text"};  // a backend for which it is code
  FakeExecutor text(plugin);
  request.blocks = {{"text", "a", 1}};
  CHECK(text.execute(request).blocks.size() == 1);
}

TEST_CASE("A filename line makes the code a file and the entry point") {
  FakePlugin plugin;
  std::string path, data, entry, code;
  plugin.run = [&](FakeRun &run) {
    const auto text = [](execlet_abi_str from) { return std::string(from.data ? from.data : "", from.size); };
    REQUIRE(run.request->file_count == 1);
    path = text(run.request->files[0]->path);
    data = text(run.request->files[0]->data);
    entry = text(run.request->entry_point);
    code = text(run.request->code);
    run.started();
    return run.exit(0);
  };
  FakeExecutor fake(plugin);
  for (const std::string line : {"# filename: src/a.py", "#filename:src/a.py\r", "  // FileName:  ./src//a.py ",
                                 "/* filename: src/a.py */", "<!-- filename: src/a.py -->"}) {
    const std::string text = line + "\nprint(1)\n";
    CHECK(fake.execute(code_request(text)).status == EXECLET_OK);
    CHECK(path == "src/a.py");
    CHECK(entry == "src/a.py");
    CHECK(data == text);
    CHECK(code.empty());
  }
}

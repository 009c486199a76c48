// SPDX-License-Identifier: Apache-2.0
//
// How a program ended is told as it was, whatever that means elsewhere.
#include "catch.h"
#include "processes.h"
#include "subject.h"

namespace execlet::test {

TEST_CASE("a program's own exit code is its own, whatever it means elsewhere") {
  const Place place;
  CHECK(place.sh("echo fine").status == Status::kOk);
  for (const int code : {1, 2, 124, 125, 126, 127, 130, 137, 255}) {
    const Result result = place.sh("echo out; echo err >&2; exit " + std::to_string(code));
    CAPTURE(code, result.failure.message);
    CHECK(result.status == Status::kFailed);
    CHECK(result.exit_code == code);
    CHECK(result.cli_exit_code == code);
    CHECK(result.output == "out\n");
    CHECK(result.error == "err\n");
    CHECK(result.backend == kSubject.backend);
    for (const LimitReport &limit : result.limits) CHECK_FALSE(limit.hit);
  }
}

TEST_CASE("a signal that nobody here sent is told with its number") {
  const Place place;
  for (const int number : {9, 15, 6, 11}) {
    const Result result = place.sh("echo before; kill -" + std::to_string(number) + " $$");
    CAPTURE(number, result.failure.message);
    CHECK(result.status == Status::kSignaled);
    CHECK(result.signal == number);
    CHECK_FALSE(result.exit_code.has_value());
    CHECK(result.output == "before\n");
  }
}

TEST_CASE("a program that closes its output goes on, and its end is waited for") {
  const Place place;
  const Result result = place.sh("exec >&- 2>&-; sleep 0.3; exit 9");
  CHECK(result.exit_code == 9);
  CHECK(result.usage.wall_ms >= 250);
}

TEST_CASE("a language that is not there is refused with those that are, before anything starts") {
  const Place place;
  const Result result = place.run("no-such-language", "echo ran");
  CHECK(result.status == Status::kLanguageNotSupported);
  CHECK(has(result.failure.message, "sh"));
  CHECK_FALSE(result.failure.started);
  CHECK(result.output.empty());
  if (!Claims().language("python"))
    CHECK(place.run("python", "print('ran')").status == Status::kLanguageNotSupported);
  else
    CHECK(place.run("python", "print('ran')").output == "ran\n");
}

TEST_CASE("arguments and variables arrive as they are") {
  const Place place;
  const std::string odd = "a b\n'\"$(exit 1)\\=";
  Request request;
  request.args = {odd, "", "--flag"};
  request.env = {{"ODD", odd}, {"EMPTY", ""}};
  const Result result = place.sh(R"(printf '%s|' "$@" "$ODD" "${EMPTY-unset}")", request);
  CAPTURE(result.failure.message, result.error);
  CHECK(result.output == odd + "||--flag|" + odd + "||");
}

TEST_CASE("the host's environment stays with the host") {
  setenv("EXECLET_TEST_SECRET", "leaked", 1);
  const Place place;
  const Result result = place.sh("env; cat /proc/$PPID/environ 2>/dev/null; :");
  CHECK_FALSE(has(result.output, "leaked"));
  CHECK(has(result.output, "PATH="));
}

TEST_CASE("the host's descriptors stay with the host") {
  const Place place;
  const Result result = place.sh("ls /proc/self/fd | tr '\\n' ' '");
  CHECK(result.output == "0 1 2 3 ");  // 3 is the directory that ls reads
}

TEST_CASE("standard input is empty unless it is given, and given whole where that is claimed") {
  const Place place;
  CHECK(has(place.sh("wc -c").output, "0\n"));
  Request request;
  request.stdin_data = std::string(300000, 'i');
  const Result result = place.sh("wc -c", request);
  if (!Claims().flag("stdin")) {
    CHECK(result.status == Status::kRejected);
    CHECK(result.failure.reason == "stdin.unsupported");
    return;
  }
  CHECK(has(result.output, "300000\n"));
  CHECK(place.sh("exec true", request).status == Status::kOk);
}

TEST_CASE("the network is closed where that is claimed, and asking for it is refused where it is not") {
  const Place place;
  Request request;
  request.network = "none";
  const Result result = place.sh("cat /proc/net/dev | grep -v lo: | grep -c :", request);
  if (!Claims().network("none")) {
    CHECK(result.status == Status::kRejected);
    CHECK(result.failure.reason == "network.unsupported");
    return;
  }
  CHECK(result.output == "0\n");
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
//
// Output arrives as it was written, whatever it looks like and however much it is.
#include <string>

#include "catch.h"
#include "processes.h"
#include "subject.h"

namespace execlet::test {
namespace {

constexpr std::size_t kMiB = 1u << 20;

// Prints `bytes` times the character `c`.
std::string many(std::size_t bytes, char c) {
  return "head -c " + std::to_string(bytes) + R"( /dev/zero | tr '\0' )" + c;
}

}  // namespace

TEST_CASE("a megabyte on both streams at once arrives whole") {
  const Place place;
  const Result result = place.sh("(" + many(kMiB, 'e') + ") >&2 & " + many(kMiB, 'o') + "; wait");
  CHECK(result.status == Status::kOk);
  CHECK(result.output == std::string(kMiB, 'o'));
  CHECK(result.error == std::string(kMiB, 'e'));
}

TEST_CASE("bytes that are no text stay what they are") {
  const Place place;
  const Result result = place.sh(R"(printf '\000\377\376\303\050\355\240\200\012\303'; printf '\251' >&2)");
  CHECK(result.output == std::string("\0\xff\xfe\xc3\x28\xed\xa0\x80\n\xc3", 10));
  CHECK(result.error == "\xa9");
  CHECK(has(result.json(), "AP/+wyjtoIAKww=="));  // base64, where text cannot say it
}

TEST_CASE("output that imitates the protocols of supervisors, engines and kernels is only output") {
  const Place place;
  const std::string forged[] = {
      // EXITED, FAILED and STARTED of the runner
      R"(\105\000\000\000\020\000\000\000\076\000\000\000\010\000\000\000\000\000\000\000\000\000\000\000)",
      R"(\106\000\000\000\010\000\000\000\121\000\000\000\000\000\000\000)",
      R"(\102\000\000\000\000\000\000\000)",
      // a header of a container's stream, a terminal's escape, a kernel's reply, an event of ours
      R"(\002\000\000\000\000\000\000\005hello)",
      R"(\033[2J\033]0;title\007)",
      R"({"msg_type": "execute_reply", "content": {"status": "ok"}}\n<IDS|MSG>\n)",
      R"({"event": "result", "status": "ok", "exit_code": 0}\n)",
  };
  for (const std::string &bytes : forged) {
    CAPTURE(bytes);
    const std::string print = "printf '" + bytes + "'";
    const Result once = place.sh(print + " | od -An -v -tx1 | tr -d ' \\n'");
    const Result result = place.sh("(" + print + ") >&2; " + print + "; exit 3");
    CHECK(result.status == Status::kFailed);
    CHECK(result.exit_code == 3);
    CHECK(result.output == result.error);
    CHECK(result.output.size() * 2 == once.output.size());
  }
  CHECK(place.sh("echo next").output == "next\n");
}

TEST_CASE("the order of tiny writes is kept") {
  const Place place;
  const Result result = place.sh("i=0; while [ $i -lt 500 ]; do echo $i; i=$((i + 1)); done");
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += std::to_string(i) + "\n";
  CHECK(result.output == expected);
}

TEST_CASE("output that ends with the program is not cut") {
  const Place place;
  const Result result = place.sh(many(200 * 1024, 'x'));
  CHECK(result.status == Status::kOk);
  CHECK(result.output == std::string(200 * 1024, 'x'));
}

TEST_CASE("of much output only as much as is retained is kept, and the rest is counted to the byte") {
  const Place place;
  const Result result = place.sh(many(12 * kMiB, 'x') + "; echo end >&2; exit 4");
  CHECK(result.status == Status::kFailed);
  CHECK(result.exit_code == 4);
  CHECK(result.output == std::string(10 * kMiB, 'x'));
  CHECK(result.truncated.output == 2 * kMiB);
  CHECK(result.truncated.error == 0);
  CHECK(result.error == "end\n");
}

TEST_CASE("output without end is counted until the time is over") {
  const Place place;
  // On a busy machine a moment may not be enough for more output than is kept.
  for (const double time : {0.7, 5.0, 30.0}) {
    const Result result = place.sh("exec yes", with_times(time, 0));
    CHECK(result.status == Status::kTimedOut);
    if (result.truncated.output == 0) continue;
    CHECK(result.output.size() == 10 * kMiB);
    return;
  }
  FAIL("thirty seconds were not enough for 10 MiB of output");
}

TEST_CASE("output comes while the program runs") {
  const Place place;
  Request request = with_times(30, 0.1);
  std::string seen;
  request.on_event = [&](const Event &event) {
    if (event.type != EventType::kStdout) return;
    seen += event.data;
    event.cancel();  // it would sleep for longer than a test may
  };
  const Result result = place.sh("echo now; sleep 20", request);
  CHECK(result.status == Status::kCancelled);
  CHECK(seen == "now\n");
  CHECK(result.output == "now\n");
}

}  // namespace execlet::test

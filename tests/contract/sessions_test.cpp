// SPDX-License-Identifier: Apache-2.0
//
// Sessions: what a user left is there for him, for nobody else, as long as the session lives, and its loss is told.
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "catch.h"
#include "processes.h"
#include "subject.h"

namespace execlet::test {
namespace {

// Generous: what is asserted is that nothing waits for a program that does not end.
constexpr double kPrompt = 10;

Request script(const std::string &code) {
  Request request = with_times(60, 0.1);
  request.language = "sh";
  request.code = code;
  return request;
}

std::string output_in(const Session &session, const std::string &code) {
  const Result result = session.execute_code(script(code));
  INFO(result.failure.message << result.error);
  CHECK(result.ok());
  CHECK(result.session == session.id());
  return result.output;
}

// A run that stays, and has begun.
Execution stay_in(const Session &session, const std::string &stay) {
  const auto begun = std::make_shared<std::atomic<bool>>(false);
  Request request = script("echo begun; exec " + stay);
  request.on_event = [begun](const Event &event) { *begun = *begun || event.type == EventType::kStdout; };
  Execution execution = session.submit(request);
  for (int attempt = 0; attempt < 1000 && !*begun; ++attempt) poll(nullptr, 0, 10);
  CHECK(*begun);
  return execution;
}

// True if no session is there any more within ten seconds.
bool all_end(const Place &place) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (place.runtime.sessions_json() == R"({"sessions":[]})") return true;
    poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace

TEST_CASE("a session keeps its files, and no process or variable") {
  const Place place;
  const Session session = place.executor.session("mine");
  const std::string stay = unique_sleep(20);
  CHECK(output_in(session, "echo kept > file; mkdir dir; LEFT=1; export LEFT; (" + stay + " &) ; echo done") ==
        "done\n");
  if (Claims().text("state") != "persistent") {
    CHECK_FALSE(is_running(stay));
    CHECK(output_in(session, "echo ${LEFT-unset}") == "unset\n");
  }
  CHECK(output_in(session, "cat file; test -d dir && echo dir") == "kept\ndir\n");
  Request by_name = script("cat file");
  by_name.session = "mine";
  const Result result = place.executor.execute_code(by_name);
  CHECK(result.output == "kept\n");
  CHECK_FALSE(result.state_lost);
}

TEST_CASE("two sessions, and runs of none, never see each other's files") {
  const Place place;
  const Session one = place.executor.session("one");
  const Session two = place.executor.session("two");
  const Session nameless = place.executor.session();
  CHECK(output_in(one, "echo of one > file; pwd > /dev/null; cat file") == "of one\n");
  CHECK(output_in(two, "cat file 2>/dev/null || echo nothing") == "nothing\n");
  CHECK(output_in(nameless, "cat file 2>/dev/null || echo nothing") == "nothing\n");
  CHECK(output_in(two, "echo of two > file") == "");
  if (Claims().text("state") != "persistent")
    CHECK(place.sh("cat file 2>/dev/null || echo nothing").output == "nothing\n");
  CHECK(output_in(one, "cat file") == "of one\n");
  CHECK(output_in(two, "cat file") == "of two\n");
}

TEST_CASE("what was in a session is gone when its name is used anew") {
  const Place place;
  CHECK(output_in(place.executor.session("mine"), "echo old > file") == "");
  place.executor.session("mine").close();
  CHECK(output_in(place.executor.session("mine"), "cat file 2>/dev/null || echo nothing") == "nothing\n");
}

TEST_CASE("runs of a session are one after the other in their order") {
  const Place place;
  const Session session = place.executor.session("queue");
  std::vector<Execution> executions;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    executions.push_back(session.submit(script("echo " + std::to_string(i) + " >> log")));
    expected += std::to_string(i) + "\n";
  }
  CHECK(output_in(session, "cat log") == expected);
  for (const Execution &execution : executions) CHECK(execution.result().ok());
}

TEST_CASE("an idle session ends at its time, and the next run says that its state is lost") {
  const Place place("{}", R"({"session": {"idle_timeout": 0.2}})");
  const Session session = place.executor.session("mine");
  CHECK(output_in(session, "echo kept > file") == "");
  CHECK(all_end(place));
  const Result result = session.execute_code(script("cat file 2>/dev/null || echo nothing"));
  CHECK(result.output == "nothing\n");
  CHECK(result.session == "mine");
  CHECK(result.state_lost);
}

TEST_CASE("a session whose place was killed says that its state is lost, and goes on") {
  const Place place;
  const Session session = place.executor.session("mine");
  CHECK(output_in(session, "echo kept > file") == "");
  const std::string stay = unique_sleep(21);
  const Execution running = stay_in(session, stay);
  const std::vector<pid_t> holders = children_named(kSubject.supervisor);
  REQUIRE_FALSE(holders.empty());
  for (const pid_t holder : holders) REQUIRE(kill(holder, SIGKILL) == 0);
  CHECK(running.result().failure.reason == "backend.lost");
  const Result next = session.execute_code(script("cat file 2>/dev/null || echo nothing"));
  CAPTURE(next.failure.message);
  CHECK(next.output == "nothing\n");
  CHECK(next.state_lost);
  CHECK_FALSE(session.execute_code(script("true")).state_lost);
  CHECK(goes_away(stay));
}

TEST_CASE("closing a session ends what runs in it and what waits for it") {
  const Place place;
  const Session session = place.executor.session("mine");
  const std::string stay = unique_sleep(22);
  const Execution running = stay_in(session, stay);
  const Execution waiting = session.submit(script("echo must not run"));
  const Stopwatch watch;
  session.close();
  CHECK(watch.seconds() < kPrompt);
  CHECK_FALSE(is_running(stay));
  CHECK(running.result().status == Status::kCancelled);
  CHECK(running.result().failure.reason == "session.closed");
  CHECK(running.result().output == "begun\n");
  CHECK(waiting.result().failure.reason == "session.closed");
  CHECK(waiting.result().output.empty());
  CHECK_THROWS_AS(session.close(), InvalidRequestError);
}

TEST_CASE("a runtime that ends takes its sessions along, idle, busy and being opened") {
  const std::string stay = unique_sleep(23);
  auto place = std::make_unique<Place>();
  const Executor executor = place->executor;
  const Session idle = executor.session("idle");
  const Execution running = stay_in(executor.session("busy"), stay);
  Request opens = script("exec " + stay);
  opens.session = "opening";
  const Execution opening = executor.submit(opens);
  place.reset();
  CHECK(running.result().status == Status::kCancelled);
  CHECK(opening.result().status == Status::kCancelled);
  CHECK_FALSE(is_running(stay));
  CHECK(children_named(kSubject.supervisor).empty());
  CHECK(idle.execute_code(script("true")).failure.reason == "runtime.closed");
  CHECK_THROWS_AS(executor.session("late"), UnavailableError);
}

TEST_CASE("a session belongs to its executor") {
  const Place place;
  const Executor other = place.another("other");
  const Session session = place.executor.session("mine");
  Request request = script("echo must not run");
  request.session = "mine";
  const Result result = other.execute_code(request);
  CHECK(result.status == Status::kInvalidRequest);
  CHECK(result.failure.reason == "session.foreign");
  CHECK(has(result.failure.message, "\"other\""));
  CHECK(has(result.failure.message, "\"place\""));
  CHECK(result.output.empty());
}

}  // namespace execlet::test

// SPDX-License-Identifier: Apache-2.0
#include "programs.h"

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

namespace execlet::soak {
namespace {

constexpr auto kTogether = std::chrono::seconds(60);

std::uint64_t below(std::mt19937_64 &random, std::uint64_t bound) {
  return random() % bound;
}

Seconds milliseconds(std::uint64_t count) {
  return Seconds(static_cast<double>(count) / 1000);
}

}  // namespace

void Tally::ended(const Result &result) {
  const std::lock_guard lock(mutex_);
  ++statuses_[to_string(result.status)];
}

void Tally::wrong(const std::string &what, const Result &result) {
  ++wrong_;
  const std::lock_guard lock(mutex_);
  std::cerr << "wrong: " << what << ": " << result.json() << '\n';
}

std::size_t Tally::runs() const {
  const std::lock_guard lock(mutex_);
  std::size_t out = 0;
  for (const auto &[status, count] : statuses_) out += count;
  return out;
}

std::string Tally::by_status() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto &[status, count] : statuses_) out += (out.empty() ? "" : ", ") + status + " " + std::to_string(count);
  return out;
}

Request Programs::request(std::string code) const {
  Request out;
  out.language = "sh";
  out.code = std::move(code);
  out.args = {mark_};
  out.timeout = Seconds(120);
  return out;
}

Result Programs::execute(std::mt19937_64 &random, const Request &request) const {
  Result result = below(random, 2) == 0 ? executor_.execute_code(request) : executor_.submit(request).result();
  tally_.ended(result);
  return result;
}

void Programs::check(bool holds, const std::string &what, const Result &result) const {
  if (!holds) tally_.wrong(what, result);
}

void Programs::run_one(std::mt19937_64 &random) const {
  using Kind = void (Programs::*)(std::mt19937_64 &) const;
  static constexpr std::pair<std::uint64_t, Kind> kKinds[] = {{50, &Programs::exits},
                                                              {8, &Programs::runs_too_long},
                                                              {8, &Programs::cancelled_when_it_speaks},
                                                              {10, &Programs::cancelled_at_any_time},
                                                              {4, &Programs::deadline_at_any_time},
                                                              {5, &Programs::writes_much},
                                                              {5, &Programs::hands_a_file_back},
                                                              {4, &Programs::leaves_children},
                                                              {3, &Programs::in_blocks},
                                                              {3, &Programs::is_refused}};
  std::uint64_t choice = below(random, 100);
  for (const auto &[share, kind] : kKinds) {
    if (choice < share) return (this->*kind)(random);
    choice -= share;
  }
}

void Programs::exits(std::mt19937_64 &random) const {
  const std::uint64_t code = below(random, 4);
  const std::string word = std::to_string(random());
  const Result result = execute(random, request("echo " + word + "; echo e >&2; exit " + std::to_string(code)));
  check(result.status == (code == 0 ? Status::kOk : Status::kFailed), "exits", result);
  check(result.exit_code == static_cast<int>(code), "exit code", result);
  check(result.output == word + "\n" && result.error == "e\n", "output", result);
}

void Programs::runs_too_long(std::mt19937_64 &random) const {
  // Some do not die of SIGTERM, some have children that left their session.
  static const char *const kEndless[] = {"exec sleep $1", "trap '' TERM; while :; do sleep $1; done",
                                         "setsid sleep $1 & sleep $1", "kill -STOP $$"};
  Request asked = request("echo here; " + std::string(kEndless[below(random, 4)]));
  asked.timeout = milliseconds(30 + below(random, 100));
  asked.kill_grace = milliseconds(below(random, 50));
  const Result result = execute(random, asked);
  check(result.status == Status::kTimedOut, "runs too long", result);
}

void Programs::cancelled_when_it_speaks(std::mt19937_64 &random) const {
  Request asked = request("echo here; sleep $1");
  asked.kill_grace = milliseconds(below(random, 50));
  asked.on_event = [](const Event &event) {
    if (event.type == EventType::kStdout) event.cancel();
  };
  const Result result = execute(random, asked);
  check(result.status == Status::kCancelled && result.output == "here\n", "cancelled when it speaks", result);
}

void Programs::cancelled_at_any_time(std::mt19937_64 &random) const {
  Execution execution = executor_.submit(request("echo here"));
  if (below(random, 4) != 0) execution.wait_for(milliseconds(below(random, 6)));
  execution.cancel();
  if (below(random, 2) == 0) execution.cancel();
  const Result result = execution.result();
  tally_.ended(result);
  check(result.status == Status::kCancelled || (result.ok() && result.output == "here\n"), "cancelled at any time",
        result);
}

void Programs::deadline_at_any_time(std::mt19937_64 &random) const {
  Request asked = request("echo here; sleep 0.005");
  asked.kill_grace = Seconds(0);
  asked.deadline = milliseconds(1 + below(random, 12));
  const Result result = execute(random, asked);
  check(result.status == Status::kTimedOut || result.ok(), "deadline at any time", result);
}

void Programs::writes_much(std::mt19937_64 &random) const {
  const std::uint64_t size = 1 + below(random, 400'000);
  const Result result = execute(random, request("head -c " + std::to_string(size) + " /dev/zero | tee /dev/stderr"));
  check(result.ok() && result.output.size() == size && result.error.size() == size, "writes much", result);
}

void Programs::hands_a_file_back(std::mt19937_64 &random) const {
  Request asked = request("cat in/data > out.txt");
  asked.files = {{"in/data", std::string(below(random, 100'000), 'x')}};
  asked.collect = {"*.txt"};
  const Result result = execute(random, asked);
  check(result.ok() && result.artifacts.size() == 1 && result.artifacts[0].data == asked.files["in/data"],
        "hands a file back", result);
}

void Programs::leaves_children(std::mt19937_64 &random) const {
  const Result result = execute(random, request("sleep $1 & setsid sleep $1 & mkdir -p a/b; : > a/b/c; echo done"));
  check(result.ok() && result.output == "done\n", "leaves children", result);
}

void Programs::in_blocks(std::mt19937_64 &random) const {
  const std::uint64_t fails_at = below(random, 4);
  std::vector<Block> blocks;
  for (std::uint64_t i = 0; i < 3; ++i)
    blocks.push_back({"echo " + std::to_string(i) + (i == fails_at ? "; exit 3" : ""), "sh"});
  Request options = request({});
  const Result result = executor_.execute_blocks(blocks, options);
  tally_.ended(result);
  check(result.status == (fails_at < 3 ? Status::kFailed : Status::kOk), "in blocks", result);
  check(result.blocks.size() == (fails_at < 3 ? fails_at + 1 : 3), "number of blocks", result);
}

void Programs::is_refused(std::mt19937_64 &random) const {
  Request asked = request("echo here");
  switch (below(random, 3)) {
    case 0:
      asked.files = {{"../outside", "x"}};
      break;
    case 1:
      asked.limits.memory = "none of that";
      break;
    default:
      asked.collect = {"/etc/*"};
  }
  const Result result = execute(random, asked);
  check(result.status == Status::kInvalidRequest && !result.failure.started, "is refused", result);
}

void Programs::run_together(std::size_t count) const {
  std::mutex mutex;
  std::condition_variable all_began;
  std::size_t began = 0;
  Request asked = request("echo here");
  asked.on_event = [&](const Event &event) {
    if (event.type != EventType::kStarted) return;
    std::unique_lock lock(mutex);
    if (++began == count) all_began.notify_all();
    all_began.wait_for(lock, kTogether, [&] { return began >= count; });
  };
  std::vector<Execution> executions;
  for (std::size_t i = 0; i < count; ++i) executions.push_back(executor_.submit(asked));
  for (Execution &execution : executions) {
    const Result result = execution.result();
    tally_.ended(result);
    check(result.ok() && began == count, "together", result);
  }
}

void Programs::run_queued(std::size_t count) const {
  std::vector<Execution> executions;
  executions.reserve(count);
  for (std::size_t i = 0; i < count; ++i) executions.push_back(executor_.submit(request("echo " + std::to_string(i))));
  for (std::size_t i = 0; i < count; i += 10) executions[i].cancel();
  for (std::size_t i = 0; i < count; ++i) {
    const Result result = executions[i].result();
    tally_.ended(result);
    const bool done = result.ok() && result.output == std::to_string(i) + "\n";
    check(done || (i % 10 == 0 && result.status == Status::kCancelled), "queued", result);
  }
}

}  // namespace execlet::soak

// SPDX-License-Identifier: Apache-2.0
//
// Random runs: each knows how it has to end.
#pragma once

#include <atomic>
#include <cstdint>
#include <execlet/execlet.hpp>
#include <map>
#include <mutex>
#include <random>
#include <string>

namespace execlet::soak {

// What happened, by any thread.
class Tally {
 public:
  void ended(const Result &result);
  void wrong(const std::string &what, const Result &result);

  std::size_t runs() const;
  std::size_t wrong_runs() const { return wrong_; }
  // "ok 123, failed 45, …"
  std::string by_status() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> statuses_;
  std::atomic<std::size_t> wrong_{0};
};

class Programs {
 public:
  // `mark` goes into the command line of everything that is started.
  Programs(const Executor &executor, std::string mark, Tally &tally)
      : executor_(executor), mark_(std::move(mark)), tally_(tally) {}

  // One random run, synchronous or submitted, and the check of its result.
  void run_one(std::mt19937_64 &random) const;
  // `count` runs that all have begun before one of them goes on.
  void run_together(std::size_t count) const;
  // `count` short runs submitted before the first is waited for; one in ten is cancelled at once.
  void run_queued(std::size_t count) const;

 private:
  Request request(std::string code) const;
  Result execute(std::mt19937_64 &random, const Request &request) const;
  void check(bool holds, const std::string &what, const Result &result) const;

  void exits(std::mt19937_64 &random) const;
  void runs_too_long(std::mt19937_64 &random) const;
  void cancelled_when_it_speaks(std::mt19937_64 &random) const;
  void cancelled_at_any_time(std::mt19937_64 &random) const;
  void deadline_at_any_time(std::mt19937_64 &random) const;
  void writes_much(std::mt19937_64 &random) const;
  void hands_a_file_back(std::mt19937_64 &random) const;
  void leaves_children(std::mt19937_64 &random) const;
  void in_blocks(std::mt19937_64 &random) const;
  void is_refused(std::mt19937_64 &random) const;

  const Executor &executor_;
  const std::string mark_;
  Tally &tally_;
};

}  // namespace execlet::soak

// SPDX-License-Identifier: Apache-2.0
//
// A request that was checked against its executor: what will run, under which limits, for how long.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/result.h"
#include "../config/config.h"
#include "../instance/clock.h"
#include "../instance/instance_key.h"
#include "../loader/manifest.h"
#include "../values/limits.h"
#include "request.h"
#include "run_result.h"

namespace execlet::core {

struct Step {
  std::string language;   // canonical
  std::string_view code;  // empty if there is an entry point
  std::string entry_point;
  std::string_view entry_file;  // bytes of the file that a "# filename:" line made of the code
  bool has_entry_file = false;
};

struct PreparedFile {
  std::string path;
  std::string_view data;
};

struct PreparedRequest {
  std::shared_ptr<const Request> source;  // all views below are into it
  Nanoseconds timeout{};
  Nanoseconds kill_grace{};
  std::optional<Nanoseconds> deadline;
  std::uint64_t output_retention = 0;

  bool complete = false;  // what follows is there
  std::vector<Step> steps;
  bool is_blocks = false;
  std::vector<PreparedFile> files;
  std::vector<std::string> env;  // "NAME=VALUE"
  std::vector<std::string> collect;
  RequestLimits limits;         // in force for this run: the executor's and the request's
  RequestLimits passed_limits;  // those that the backend knows
  bool best_effort = false;
  InstanceKey instance_key;
  std::vector<Notice> notices;
};

// Names of languages: those that an executor is for, and those of them whose programs are there.
struct Languages {
  std::vector<std::string> configured;
  std::vector<std::string> usable;
};

// What a request is checked against.
class ExecutorFacts {
 public:
  virtual const std::string &name() const = 0;
  virtual const Manifest &manifest() const = 0;
  virtual const CoreSettings &settings() const = 0;
  // May ask the backend, and wait for its answer.
  virtual Languages languages() = 0;
  // False if languages() would.
  virtual bool knows_languages() = 0;

 protected:
  ~ExecutorFacts() = default;
};

// Nothing has started when it fails: invalid_request with {"pointer": …} in the details, rejected, or
// language_not_supported. With kLater the backend is not asked for anything: where the request depends on its answer
// the rest is left to complete_request.
enum class Ask { kNow, kLater };
Result<PreparedRequest> prepare_request(std::shared_ptr<const Request> request, ExecutorFacts &executor, Ask ask);
// Only writes what is not there before it is complete.
Result<void> complete_request(PreparedRequest &request, ExecutorFacts &executor);

}  // namespace execlet::core

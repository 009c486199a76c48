// SPDX-License-Identifier: Apache-2.0
//
// Any text as a request: refused with its place, or prepared so that nothing in it leaves the working directory, ends a
// C string early or is looser than the executor.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "require.h"
#include "runtime/prepared_request.h"
#include "runtime/request_json.h"

using namespace execlet::core;

namespace {

// Everything that a backend can offer, so that no request is refused before its parts are looked at.
class AbleExecutor final : public ExecutorFacts {
 public:
  AbleExecutor() {
    manifest_.name = "fuzz";
    Capabilities &can = manifest_.capabilities;
    can.stdin_data = can.files = true;
    can.languages = {"*"};
    can.network = {"none"};
    for (LimitCapability &limit : can.limits) limit = {LimitScope::kRun, "fuzz"};
    can.limits[EXECLET_ABI_LIMIT_CPUS] = {};
    can.limits[EXECLET_ABI_LIMIT_DISK].scope = LimitScope::kInstance;
    settings_.limits[EXECLET_ABI_LIMIT_MEMORY] = kMemory;
  }
  const std::string &name() const override { return name_; }
  const Manifest &manifest() const override { return manifest_; }
  const CoreSettings &settings() const override { return settings_; }
  Languages languages() override { return {{"python"}, {"python"}}; }
  bool knows_languages() override { return true; }

  static constexpr std::uint64_t kMemory = 64u << 20;

 private:
  const std::string name_ = "fuzz";
  Manifest manifest_;
  CoreSettings settings_;
};

void require_beneath(const std::string &path) {
  EXECLET_REQUIRE(!path.empty() && path.front() != '/' && path.find('\0') == std::string::npos);
  EXECLET_REQUIRE(("/" + path + "/").find("/../") == std::string::npos);
}

void check_failure(const Failure &failure) {
  EXECLET_REQUIRE(!failure.reason.empty() && !failure.message.empty() && !failure.started);
  EXECLET_REQUIRE(failure.message.find('\n') == std::string::npos);
  EXECLET_REQUIRE(boost::json::parse(failure.details_json).is_object());
}

void check_prepared(const PreparedRequest &prepared) {
  EXECLET_REQUIRE(!prepared.steps.empty());
  for (const Step &step : prepared.steps) {
    EXECLET_REQUIRE(!step.language.empty());
    if (!step.entry_point.empty()) require_beneath(step.entry_point);
  }
  for (const PreparedFile &file : prepared.files) require_beneath(file.path);
  for (const std::string &glob : prepared.collect) require_beneath(glob);
  for (const std::string &entry : prepared.env)
    EXECLET_REQUIRE(entry.find('=') != std::string::npos && entry.find('\0') == std::string::npos);
  EXECLET_REQUIRE(prepared.timeout.count() > 0 && prepared.kill_grace.count() >= 0);
  const std::uint64_t memory = prepared.limits[EXECLET_ABI_LIMIT_MEMORY].value_or(0);
  EXECLET_REQUIRE(memory > 0 && memory <= AbleExecutor::kMemory);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static AbleExecutor executor;
  auto request = request_from_json(std::string_view(reinterpret_cast<const char *>(data), size));
  if (!request) {
    check_failure(request.failure());
    return 0;
  }
  const auto prepared = prepare_request(std::make_shared<const Request>(std::move(*request)), executor, Ask::kNow);
  if (prepared)
    check_prepared(*prepared);
  else
    check_failure(prepared.failure());
  return 0;
}

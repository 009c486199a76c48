// SPDX-License-Identifier: Apache-2.0
#include "collect.h"

#include <fcntl.h>

#include <fstream>

#include "catch.h"
#include "clock.h"
#include "descriptor.h"
#include "temp_dir.h"

using namespace execlet::runner;

TEST_CASE("looking for artifacts ends at its deadline, and says so") {
  const execlet::test::TempDir directory;
  constexpr int kFiles = 1000;
  for (int i = 0; i < kFiles; ++i) std::ofstream(directory.path() / std::to_string(i)) << i;
  const Descriptor opened(open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CollectRules rules;
  rules.globs = {"**"};
  rules.until_ns = monotonic_ns();
  const Collection cut = find_artifacts(opened.get(), rules);
  CHECK(cut.paths.size() < kFiles);
  REQUIRE(cut.notices.size() == 1);
  CHECK(cut.notices[0].find("artifacts.scan-cut") == 0);
  CHECK(cut.notices[0].find("deadline") != std::string::npos);
  rules.until_ns = 0;
  CHECK(find_artifacts(opened.get(), rules).paths.size() == kFiles);
}

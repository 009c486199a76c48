// SPDX-License-Identifier: Apache-2.0
//
// Any code with a first line: a name that is accepted stays beneath the working directory.
#include <cstdint>
#include <string_view>

#include "require.h"
#include "runtime/filename_directive.h"
#include "values/glob.h"
#include "values/relative_path.h"

namespace {

void stays_beneath(const std::string &path) {
  EXECLET_REQUIRE(!path.empty() && path.front() != '/' && path.back() != '/');
  EXECLET_REQUIRE(path.find('\0') == std::string::npos);
  EXECLET_REQUIRE(("/" + path + "/").find("/../") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace execlet::core;
  const std::string_view code(reinterpret_cast<const char *>(data), size);
  if (const auto name = filename_directive(code))
    if (const auto path = normalise_relative_path(*name)) {
      stays_beneath(*path);
      EXECLET_REQUIRE(normalise_relative_path(*path).value() == *path);
    }
  if (const auto glob = normalise_glob(code)) stays_beneath(*glob);
  return 0;
}

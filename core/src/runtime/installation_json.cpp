// SPDX-License-Identifier: Apache-2.0
#include "installation_json.h"

#include <sys/utsname.h>

#include "../loader/helper_program.h"
#include "../loader/installation.h"
#include "../values/text.h"
#include "json_writer.h"

namespace execlet::core {
namespace {

void write_helper(JsonWriter &out, const std::string &name) {
  const Result<std::filesystem::path> found = find_helper(name);
  out.begin_object();
  out.member("name", name);
  out.key("path");
  if (found)
    out.string(lossy_utf8(found->native()));
  else
    out.null();
  out.member("problem", found ? std::string() : lossy_utf8(found.failure().message));
  out.end_object();
}

}  // namespace

std::string installation_json() {
  utsname system{};
  uname(&system);
  JsonWriter out;
  out.begin_object();
  out.member("version", execlet_version());
  out.member("library", lossy_utf8(installation_file().native()));
  out.member("build_id", core_build_id());
  out.key("helpers");
  out.begin_array();
  write_helper(out, std::string("execlet-runner-") + system.machine);
  write_helper(out, "execlet-probe");
  out.end_array();
  out.end_object();
  return std::move(out).text();
}

}  // namespace execlet::core
